"""What strangers, attackers and mistakes may ask of the API, and no more."""
