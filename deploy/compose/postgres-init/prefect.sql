-- Run once by the image, when the data folder is made: Prefect's server has a database of its own.
CREATE DATABASE prefect OWNER meterdrop;
