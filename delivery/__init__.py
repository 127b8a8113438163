"""The ways out: readings to billing systems, notices to customers, the page of evidence."""
