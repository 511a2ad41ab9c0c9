/** Principal places of the IANA time zones (tzdata zone.tab, public domain): area, then `name,latitude,longitude,country`. */
export const TIME_ZONE_TEXT: string = `
Africa Luanda,-8.8,13.233,AO Ouagadougou,12.367,-1.517,BF Bujumbura,-3.383,29.367,BI Porto-Novo,6.483,2.617,BJ
Africa Gaborone,-24.65,25.917,BW Kinshasa,-4.3,15.3,CD Lubumbashi,-11.667,27.467,CD Bangui,4.367,18.583,CF
Africa Brazzaville,-4.267,15.283,CG Abidjan,5.317,-4.033,CI Douala,4.05,9.7,CM Djibouti,11.6,43.15,DJ
Africa Algiers,36.783,3.05,DZ Cairo,30.05,31.25,EG El_Aaiun,27.15,-13.2,EH Asmara,15.333,38.883,ER
Africa Ceuta,35.883,-5.317,ES Addis_Ababa,9.033,38.7,ET Libreville,0.383,9.45,GA Accra,5.55,-0.217,GH
Africa Banjul,13.467,-16.65,GM Conakry,9.517,-13.717,GN Malabo,3.75,8.783,GQ Bissau,11.85,-15.583,GW
Africa Nairobi,-1.283,36.817,KE Monrovia,6.3,-10.783,LR Maseru,-29.467,27.5,LS Tripoli,32.9,13.183,LY
Africa Casablanca,33.65,-7.583,MA Bamako,12.65,-8,ML Nouakchott,18.1,-15.95,MR Blantyre,-15.783,35,MW
Africa Maputo,-25.967,32.583,MZ Windhoek,-22.567,17.1,NA Niamey,13.517,2.117,NE Lagos,6.45,3.4,NG
Africa Kigali,-1.95,30.067,RW Khartoum,15.6,32.533,SD Freetown,8.5,-13.25,SL Dakar,14.667,-17.433,SN
Africa Mogadishu,2.067,45.367,SO Juba,4.85,31.617,SS Sao_Tome,0.333,6.733,ST Mbabane,-26.3,31.1,SZ
Africa Ndjamena,12.117,15.05,TD Lome,6.133,1.217,TG Tunis,36.8,10.183,TN Dar_es_Salaam,-6.8,39.283,TZ
Africa Kampala,0.317,32.417,UG Johannesburg,-26.25,28,ZA Lusaka,-15.417,28.283,ZM Harare,-17.833,31.05,ZW
America Antigua,17.05,-61.8,AG Anguilla,18.2,-63.067,AI Argentina/Buenos_Aires,-34.6,-58.45,AR
America Argentina/Cordoba,-31.4,-64.183,AR Argentina/Salta,-24.783,-65.417,AR Argentina/Jujuy,-24.183,-65.3,AR
America Argentina/Tucuman,-26.817,-65.217,AR Argentina/Catamarca,-28.467,-65.783,AR
America Argentina/La_Rioja,-29.433,-66.85,AR Argentina/San_Juan,-31.533,-68.517,AR
America Argentina/Mendoza,-32.883,-68.817,AR Argentina/San_Luis,-33.317,-66.35,AR
America Argentina/Rio_Gallegos,-51.633,-69.217,AR Argentina/Ushuaia,-54.8,-68.3,AR Aruba,12.5,-69.967,AW
America Barbados,13.1,-59.617,BB St_Barthelemy,17.883,-62.85,BL La_Paz,-16.5,-68.15,BO Kralendijk,12.151,-68.277,BQ
America Noronha,-3.85,-32.417,BR Belem,-1.45,-48.483,BR Fortaleza,-3.717,-38.5,BR Recife,-8.05,-34.9,BR
America Araguaina,-7.2,-48.2,BR Maceio,-9.667,-35.717,BR Bahia,-12.983,-38.517,BR Sao_Paulo,-23.533,-46.617,BR
America Campo_Grande,-20.45,-54.617,BR Cuiaba,-15.583,-56.083,BR Santarem,-2.433,-54.867,BR
America Porto_Velho,-8.767,-63.9,BR Boa_Vista,2.817,-60.667,BR Manaus,-3.133,-60.017,BR Eirunepe,-6.667,-69.867,BR
America Rio_Branco,-9.967,-67.8,BR Nassau,25.083,-77.35,BS Belize,17.5,-88.2,BZ St_Johns,47.567,-52.717,CA
America Halifax,44.65,-63.6,CA Glace_Bay,46.2,-59.95,CA Moncton,46.1,-64.783,CA Goose_Bay,53.333,-60.417,CA
America Blanc-Sablon,51.417,-57.117,CA Toronto,43.65,-79.383,CA Iqaluit,63.733,-68.467,CA Atikokan,48.759,-91.622,CA
America Winnipeg,49.883,-97.15,CA Resolute,74.696,-94.829,CA Rankin_Inlet,62.817,-92.083,CA Regina,50.4,-104.65,CA
America Swift_Current,50.283,-107.833,CA Edmonton,53.55,-113.467,CA Cambridge_Bay,69.114,-105.053,CA
America Inuvik,68.35,-133.717,CA Creston,49.1,-116.517,CA Dawson_Creek,55.767,-120.233,CA Fort_Nelson,58.8,-122.7,CA
America Whitehorse,60.717,-135.05,CA Dawson,64.067,-139.417,CA Vancouver,49.267,-123.117,CA
America Santiago,-33.45,-70.667,CL Coyhaique,-45.567,-72.067,CL Punta_Arenas,-53.15,-70.917,CL Bogota,4.6,-74.083,CO
America Costa_Rica,9.933,-84.083,CR Havana,23.133,-82.367,CU Curacao,12.183,-69,CW Dominica,15.3,-61.4,DM
America Santo_Domingo,18.467,-69.9,DO Guayaquil,-2.167,-79.833,EC Grenada,12.05,-61.75,GD Cayenne,4.933,-52.333,GF
America Nuuk,64.183,-51.733,GL Danmarkshavn,76.767,-18.667,GL Scoresbysund,70.483,-21.967,GL Thule,76.567,-68.783,GL
America Guadeloupe,16.233,-61.533,GP Guatemala,14.633,-90.517,GT Guyana,6.8,-58.167,GY Tegucigalpa,14.1,-87.217,HN
America Port-au-Prince,18.533,-72.333,HT Jamaica,17.968,-76.793,JM St_Kitts,17.3,-62.717,KN Cayman,19.3,-81.383,KY
America St_Lucia,14.017,-61,LC Marigot,18.067,-63.083,MF Martinique,14.6,-61.083,MQ Montserrat,16.717,-62.217,MS
America Mexico_City,19.4,-99.15,MX Cancun,21.083,-86.767,MX Merida,20.967,-89.617,MX Monterrey,25.667,-100.317,MX
America Matamoros,25.833,-97.5,MX Chihuahua,28.633,-106.083,MX Ciudad_Juarez,31.733,-106.483,MX
America Ojinaga,29.567,-104.417,MX Mazatlan,23.217,-106.417,MX Bahia_Banderas,20.8,-105.25,MX
America Hermosillo,29.067,-110.967,MX Tijuana,32.533,-117.017,MX Managua,12.15,-86.283,NI Panama,8.967,-79.533,PA
America Lima,-12.05,-77.05,PE Miquelon,47.05,-56.333,PM Puerto_Rico,18.468,-66.106,PR Asuncion,-25.267,-57.667,PY
America Paramaribo,5.833,-55.167,SR El_Salvador,13.7,-89.2,SV Lower_Princes,18.051,-63.047,SX
America Grand_Turk,21.467,-71.133,TC Port_of_Spain,10.65,-61.517,TT New_York,40.714,-74.006,US
America Detroit,42.331,-83.046,US Kentucky/Louisville,38.254,-85.759,US Kentucky/Monticello,36.83,-84.849,US
America Indiana/Indianapolis,39.768,-86.158,US Indiana/Vincennes,38.677,-87.529,US Indiana/Winamac,41.051,-86.603,US
America Indiana/Marengo,38.376,-86.345,US Indiana/Petersburg,38.492,-87.279,US Indiana/Vevay,38.748,-85.067,US
America Chicago,41.85,-87.65,US Indiana/Tell_City,37.953,-86.761,US Indiana/Knox,41.296,-86.625,US
America Menominee,45.108,-87.614,US North_Dakota/Center,47.116,-101.299,US North_Dakota/New_Salem,46.845,-101.411,US
America North_Dakota/Beulah,47.264,-101.778,US Denver,39.739,-104.984,US Boise,43.614,-116.203,US
America Phoenix,33.448,-112.073,US Los_Angeles,34.052,-118.243,US Anchorage,61.218,-149.9,US
America Juneau,58.302,-134.42,US Sitka,57.176,-135.302,US Metlakatla,55.127,-131.576,US Yakutat,59.547,-139.727,US
America Nome,64.501,-165.406,US Adak,51.88,-176.658,US Montevideo,-34.909,-56.213,UY St_Vincent,13.15,-61.233,VC
America Caracas,10.5,-66.933,VE Tortola,18.45,-64.617,VG St_Thomas,18.35,-64.933,VI
Antarctica McMurdo,-77.833,166.6,AQ Casey,-66.283,110.517,AQ Davis,-68.583,77.967,AQ
Antarctica DumontDUrville,-66.667,140.017,AQ Mawson,-67.6,62.883,AQ Palmer,-64.8,-64.1,AQ Rothera,-67.567,-68.133,AQ
Antarctica Syowa,-69.006,39.59,AQ Troll,-72.011,2.535,AQ Vostok,-78.4,106.9,AQ Macquarie,-54.5,158.95,AU
Arctic Longyearbyen,78,16,SJ
Asia Dubai,25.3,55.3,AE Kabul,34.517,69.2,AF Yerevan,40.183,44.5,AM Baku,40.383,49.85,AZ Dhaka,23.717,90.417,BD
Asia Bahrain,26.383,50.583,BH Brunei,4.933,114.917,BN Thimphu,27.467,89.65,BT Shanghai,31.233,121.467,CN
Asia Urumqi,43.8,87.583,CN Nicosia,35.167,33.367,CY Famagusta,35.117,33.95,CY Tbilisi,41.717,44.817,GE
Asia Hong_Kong,22.283,114.15,HK Jakarta,-6.167,106.8,ID Pontianak,-0.033,109.333,ID Makassar,-5.117,119.4,ID
Asia Jayapura,-2.533,140.7,ID Jerusalem,31.781,35.224,IL Kolkata,22.533,88.367,IN Baghdad,33.35,44.417,IQ
Asia Tehran,35.667,51.433,IR Amman,31.95,35.933,JO Tokyo,35.654,139.745,JP Bishkek,42.9,74.6,KG
Asia Phnom_Penh,11.55,104.917,KH Pyongyang,39.017,125.75,KP Seoul,37.55,126.967,KR Kuwait,29.333,47.983,KW
Asia Almaty,43.25,76.95,KZ Qyzylorda,44.8,65.467,KZ Qostanay,53.2,63.617,KZ Aqtobe,50.283,57.167,KZ
Asia Aqtau,44.517,50.267,KZ Atyrau,47.117,51.933,KZ Oral,51.217,51.35,KZ Vientiane,17.967,102.6,LA
Asia Beirut,33.883,35.5,LB Colombo,6.933,79.85,LK Yangon,16.783,96.167,MM Ulaanbaatar,47.917,106.883,MN
Asia Hovd,48.017,91.65,MN Macau,22.197,113.542,MO Kuala_Lumpur,3.167,101.7,MY Kuching,1.55,110.333,MY
Asia Kathmandu,27.717,85.317,NP Muscat,23.6,58.583,OM Manila,14.587,120.968,PH Karachi,24.867,67.05,PK
Asia Gaza,31.5,34.467,PS Hebron,31.533,35.095,PS Qatar,25.283,51.533,QA Yekaterinburg,56.85,60.6,RU Omsk,55,73.4,RU
Asia Novosibirsk,55.033,82.917,RU Barnaul,53.367,83.75,RU Tomsk,56.5,84.967,RU Novokuznetsk,53.75,87.117,RU
Asia Krasnoyarsk,56.017,92.833,RU Irkutsk,52.267,104.333,RU Chita,52.05,113.467,RU Yakutsk,62,129.667,RU
Asia Khandyga,62.656,135.554,RU Vladivostok,43.167,131.933,RU Ust-Nera,64.56,143.227,RU Magadan,59.567,150.8,RU
Asia Sakhalin,46.967,142.7,RU Srednekolymsk,67.467,153.717,RU Kamchatka,53.017,158.65,RU Anadyr,64.75,177.483,RU
Asia Riyadh,24.633,46.717,SA Singapore,1.283,103.85,SG Damascus,33.5,36.3,SY Bangkok,13.75,100.517,TH
Asia Dushanbe,38.583,68.8,TJ Dili,-8.55,125.583,TL Ashgabat,37.95,58.383,TM Taipei,25.05,121.5,TW
Asia Samarkand,39.667,66.8,UZ Tashkent,41.333,69.3,UZ Ho_Chi_Minh,10.75,106.667,VN Aden,12.75,45.2,YE
Atlantic Bermuda,32.283,-64.767,BM Cape_Verde,14.917,-23.517,CV Canary,28.1,-15.4,ES Stanley,-51.7,-57.85,FK
Atlantic Faroe,62.017,-6.767,FO South_Georgia,-54.267,-36.533,GS Reykjavik,64.15,-21.85,IS Madeira,32.633,-16.9,PT
Atlantic Azores,37.733,-25.667,PT St_Helena,-15.917,-5.7,SH
Australia Lord_Howe,-31.55,159.083,AU Hobart,-42.883,147.317,AU Melbourne,-37.817,144.967,AU
Australia Sydney,-33.867,151.217,AU Broken_Hill,-31.95,141.45,AU Brisbane,-27.467,153.033,AU Lindeman,-20.267,149,AU
Australia Adelaide,-34.917,138.583,AU Darwin,-12.467,130.833,AU Perth,-31.95,115.85,AU Eucla,-31.717,128.867,AU
Europe Andorra,42.5,1.517,AD Tirane,41.333,19.833,AL Vienna,48.217,16.333,AT Mariehamn,60.1,19.95,AX
Europe Sarajevo,43.867,18.417,BA Brussels,50.833,4.333,BE Sofia,42.683,23.317,BG Minsk,53.9,27.567,BY
Europe Zurich,47.383,8.533,CH Prague,50.083,14.433,CZ Berlin,52.5,13.367,DE Busingen,47.7,8.683,DE
Europe Copenhagen,55.667,12.583,DK Tallinn,59.417,24.75,EE Madrid,40.4,-3.683,ES Helsinki,60.167,24.967,FI
Europe Paris,48.867,2.333,FR London,51.508,-0.125,GB Guernsey,49.455,-2.536,GG Gibraltar,36.133,-5.35,GI
Europe Athens,37.967,23.717,GR Zagreb,45.8,15.967,HR Budapest,47.5,19.083,HU Dublin,53.333,-6.25,IE
Europe Isle_of_Man,54.15,-4.467,IM Rome,41.9,12.483,IT Jersey,49.184,-2.107,JE Vaduz,47.15,9.517,LI
Europe Vilnius,54.683,25.317,LT Luxembourg,49.6,6.15,LU Riga,56.95,24.1,LV Monaco,43.7,7.383,MC
Europe Chisinau,47,28.833,MD Podgorica,42.433,19.267,ME Skopje,41.983,21.433,MK Malta,35.9,14.517,MT
Europe Amsterdam,52.367,4.9,NL Oslo,59.917,10.75,NO Warsaw,52.25,21,PL Lisbon,38.717,-9.133,PT
Europe Bucharest,44.433,26.1,RO Belgrade,44.833,20.5,RS Kaliningrad,54.717,20.5,RU Moscow,55.756,37.618,RU
Europe Simferopol,44.95,34.1,UA Kirov,58.6,49.65,RU Volgograd,48.733,44.417,RU Astrakhan,46.35,48.05,RU
Europe Saratov,51.567,46.033,RU Ulyanovsk,54.333,48.4,RU Samara,53.2,50.15,RU Stockholm,59.333,18.05,SE
Europe Ljubljana,46.05,14.517,SI Bratislava,48.15,17.117,SK San_Marino,43.917,12.467,SM Istanbul,41.017,28.967,TR
Europe Kyiv,50.433,30.517,UA Vatican,41.902,12.453,VA
Indian Cocos,-12.167,96.917,CC Christmas,-10.417,105.717,CX Chagos,-7.333,72.417,IO Comoro,-11.683,43.267,KM
Indian Antananarivo,-18.917,47.517,MG Mauritius,-20.167,57.5,MU Maldives,4.167,73.5,MV Reunion,-20.867,55.467,RE
Indian Mahe,-4.667,55.467,SC Kerguelen,-49.353,70.218,TF Mayotte,-12.783,45.233,YT
Pacific Pago_Pago,-14.267,-170.7,AS Rarotonga,-21.233,-159.767,CK Easter,-27.15,-109.433,CL Galapagos,-0.9,-89.6,EC
Pacific Fiji,-18.133,178.417,FJ Chuuk,7.417,151.783,FM Pohnpei,6.967,158.217,FM Kosrae,5.317,162.983,FM
Pacific Guam,13.467,144.75,GU Tarawa,1.417,173,KI Kanton,-2.783,-171.717,KI Kiritimati,1.867,-157.333,KI
Pacific Majuro,7.15,171.2,MH Kwajalein,9.083,167.333,MH Saipan,15.2,145.75,MP Noumea,-22.267,166.45,NC
Pacific Norfolk,-29.05,167.967,NF Nauru,-0.517,166.917,NR Niue,-19.017,-169.917,NU Auckland,-36.867,174.767,NZ
Pacific Chatham,-43.95,-176.55,NZ Tahiti,-17.533,-149.567,PF Marquesas,-9,-139.5,PF Gambier,-23.133,-134.95,PF
Pacific Port_Moresby,-9.5,147.167,PG Bougainville,-6.217,155.567,PG Pitcairn,-25.067,-130.083,PN
Pacific Palau,7.333,134.483,PW Guadalcanal,-9.533,160.2,SB Fakaofo,-9.367,-171.233,TK Tongatapu,-21.133,-175.2,TO
Pacific Funafuti,-8.517,179.217,TV Midway,28.217,-177.367,UM Wake,19.283,166.617,UM Honolulu,21.307,-157.858,US
Pacific Efate,-17.667,168.417,VU Wallis,-13.3,-176.167,WF Apia,-13.833,-171.733,WS
`;
