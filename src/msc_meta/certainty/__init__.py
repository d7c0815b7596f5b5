"""How certain the evidence is: absolute effects, numbers behind GRADE judgements, missing evidence, risk of bias."""
