/**
 * Places of Cloudflare that have no POP of Fastly (`fastly-pops.ts`), by the code in `request.cf.colo`, which is that of an
 * airport: `code latitude longitude country city`, one a line.
 */
export const cloudflare: string = `
ADD 9.03 38.74 ET Addis Ababa
ALA 43.24 76.89 KZ Almaty
ALG 36.75 3.06 DZ Algiers
AMM 31.95 35.93 JO Amman
ASU -25.26 -57.58 PY Asunción
ATH 37.98 23.73 GR Athens
AUS 30.27 -97.74 US Austin
BAH 26.07 50.56 BH Manama
BEG 44.79 20.45 RS Belgrade
BEY 33.89 35.5 LB Beirut
BLR 12.97 77.59 IN Bangalore
BNA 36.16 -86.78 US Nashville
BSB -15.79 -47.88 BR Brasília
BTS 48.15 17.11 SK Bratislava
BUD 47.5 19.04 HU Budapest
BUF 42.89 -78.88 US Buffalo
CAI 30.04 31.24 EG Cairo
CBR -35.28 149.13 AU Canberra
CGK -6.21 106.85 ID Jakarta
CGP 22.36 91.78 BD Chittagong
CLE 41.5 -81.69 US Cleveland
CLT 35.23 -80.84 US Charlotte
CMB 6.93 79.85 LK Colombo
CMN 33.57 -7.59 MA Casablanca
CNF -19.92 -43.94 BR Belo Horizonte
COR -31.42 -64.18 AR Córdoba
CUR 12.12 -68.93 CW Willemstad
DAC 23.81 90.41 BD Dhaka
DAR -6.79 39.21 TZ Dar es Salaam
DME 55.76 37.62 RU Moscow
DOH 25.29 51.53 QA Doha
DUR -29.86 31.02 ZA Durban
DUS 51.23 6.78 DE Düsseldorf
EBB 0.35 32.58 UG Kampala
EVN 40.18 44.51 AM Yerevan
FUK 33.59 130.4 JP Fukuoka
GDL 20.67 -103.35 MX Guadalajara
GUA 14.63 -90.51 GT Guatemala City
GUM 13.44 144.79 GU Hagåtña
GVA 46.2 6.14 CH Geneva
GYD 40.41 49.87 AZ Baku
GYE -2.17 -79.92 EC Guayaquil
HAM 53.55 9.99 DE Hamburg
HAN 21.03 105.85 VN Hanoi
HRE -17.83 31.05 ZW Harare
IND 39.77 -86.16 US Indianapolis
ISB 33.68 73.05 PK Islamabad
IST 41.01 28.98 TR Istanbul
JED 21.49 39.19 SA Jeddah
KBP 50.45 30.52 UA Kyiv
KEF 64.15 -21.94 IS Reykjavík
KGL -1.94 30.06 RW Kigali
KHH 22.63 120.3 TW Kaohsiung
KHI 24.86 67.01 PK Karachi
KTM 27.72 85.32 NP Kathmandu
KWI 29.38 47.98 KW Kuwait City
LAD -8.84 13.23 AO Luanda
LAS 36.17 -115.14 US Las Vegas
LED 59.93 30.34 RU Saint Petersburg
LHE 31.55 74.34 PK Lahore
LOS 6.45 3.39 NG Lagos
LUX 49.61 6.13 LU Luxembourg
LYS 45.76 4.84 FR Lyon
MBA -4.04 39.67 KE Mombasa
MCT 23.59 58.41 OM Muscat
MDE 6.24 -75.57 CO Medellín
MEM 35.15 -90.05 US Memphis
MEX 19.43 -99.13 MX Mexico City
MFM 22.2 113.54 MO Macau
MLE 4.18 73.51 MV Malé
MPM -25.97 32.58 MZ Maputo
MRU -20.16 57.5 MU Port Louis
NAG 21.15 79.09 IN Nagpur
NBO -1.29 36.82 KE Nairobi
OKA 26.21 127.68 JP Naha
OMA 41.26 -95.93 US Omaha
ORF 36.85 -76.29 US Norfolk
OTP 44.43 26.1 RO Bucharest
PBH 27.47 89.64 BT Thimphu
PHL 39.95 -75.17 US Philadelphia
PIT 40.44 -80 US Pittsburgh
PMO 38.12 13.36 IT Palermo
PNH 11.56 104.92 KH Phnom Penh
POA -30.03 -51.23 BR Porto Alegre
PRG 50.08 14.44 CZ Prague
PTY 8.98 -79.52 PA Panama City
RDU 35.78 -78.64 US Raleigh
REC -8.05 -34.88 BR Recife
RGN 16.87 96.2 MM Yangon
RIC 37.54 -77.44 US Richmond
RIX 56.95 24.11 LV Riga
RUH 24.71 46.68 SA Riyadh
RUN -20.88 55.45 RE Saint-Denis
SAN 32.72 -117.16 US San Diego
SAT 29.42 -98.49 US San Antonio
SDQ 18.49 -69.93 DO Santo Domingo
SFO 37.77 -122.42 US San Francisco
SGN 10.82 106.63 VN Ho Chi Minh City
SJO 9.93 -84.08 CR San José
SKG 40.64 22.94 GR Thessaloniki
SKP 42 21.43 MK Skopje
SLC 40.76 -111.89 US Salt Lake City
SMF 38.58 -121.49 US Sacramento
SSA -12.97 -38.5 BR Salvador
STR 48.78 9.18 DE Stuttgart
TBS 41.72 44.79 GE Tbilisi
TIA 41.33 19.82 AL Tirana
TLH 30.44 -84.28 US Tallahassee
TLL 59.44 24.75 EE Tallinn
TLV 32.08 34.78 IL Tel Aviv
TPA 27.95 -82.46 US Tampa
TPE 25.03 121.57 TW Taipei
TUN 36.81 10.18 TN Tunis
UIO -0.18 -78.47 EC Quito
ULN 47.92 106.92 MN Ulaanbaatar
VNO 54.69 25.28 LT Vilnius
WAW 52.23 21.01 PL Warsaw
YOW 45.42 -75.7 CA Ottawa
YWG 49.9 -97.14 CA Winnipeg
ZAG 45.81 15.98 HR Zagreb
`;
