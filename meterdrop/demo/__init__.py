"""The whole road shown on one machine: invented customers, invented hands, real parts."""
