"""Places as open data, in the national schema « lieux de médiation numérique » (La MedNum, v1.0.2)."""
