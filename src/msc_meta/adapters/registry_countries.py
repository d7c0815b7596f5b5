"""Countries as ClinicalTrials.gov names them, and their two-letter codes (ISO 3166-1)."""

from __future__ import annotations

CODES = dict(
    line.rsplit(" ", 1)
    for line in """
Algeria DZ
Argentina AR
Armenia AM
Australia AU
Austria AT
Azerbaijan AZ
Bahrain BH
Bangladesh BD
Belarus BY
Belgium BE
Bolivia BO
Bosnia and Herzegovina BA
Brazil BR
Bulgaria BG
Cambodia KH
Cameroon CM
Canada CA
Chile CL
China CN
Colombia CO
Costa Rica CR
Croatia HR
Cuba CU
Cyprus CY
Czech Republic CZ
Czechia CZ
Denmark DK
Dominican Republic DO
Ecuador EC
Egypt EG
El Salvador SV
Estonia EE
Ethiopia ET
Finland FI
France FR
Georgia GE
Germany DE
Ghana GH
Greece GR
Guatemala GT
Honduras HN
Hong Kong HK
Hungary HU
Iceland IS
India IN
Indonesia ID
Iran IR
Iran, Islamic Republic of IR
Iraq IQ
Ireland IE
Israel IL
Italy IT
Jamaica JM
Japan JP
Jordan JO
Kazakhstan KZ
Kenya KE
Korea, Republic of KR
Kuwait KW
Kyrgyzstan KG
Latvia LV
Lebanon LB
Lithuania LT
Luxembourg LU
Malaysia MY
Malta MT
Mexico MX
Moldova MD
Moldova, Republic of MD
Mongolia MN
Morocco MA
Mozambique MZ
Nepal NP
Netherlands NL
New Zealand NZ
Nigeria NG
North Macedonia MK
Norway NO
Oman OM
Pakistan PK
Panama PA
Paraguay PY
Peru PE
Philippines PH
Poland PL
Portugal PT
Puerto Rico PR
Qatar QA
Romania RO
Russia RU
Russian Federation RU
Saudi Arabia SA
Serbia RS
Singapore SG
Slovakia SK
Slovenia SI
South Africa ZA
South Korea KR
Spain ES
Sri Lanka LK
Sweden SE
Switzerland CH
Syria SY
Syrian Arab Republic SY
Taiwan TW
Tanzania TZ
Thailand TH
Tunisia TN
Turkey TR
Turkey (Türkiye) TR
Türkiye TR
Uganda UG
Ukraine UA
United Arab Emirates AE
United Kingdom GB
United States US
Uruguay UY
Uzbekistan UZ
Venezuela VE
Vietnam VN
Zambia ZM
Zimbabwe ZW
""".strip().splitlines()
)
"""Name -> code; a country that is missing here is kept in words."""
