"""One function a use case, one transaction each. Knows neither Prefect nor HTTP."""
