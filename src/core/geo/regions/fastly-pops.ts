/** POPs of Fastly by the code in `FASTLY_POP`: `code latitude longitude country city`, one a line. */
export const fastly: string = `
ACC 5.6 -0.19 GH Accra
ADL -34.93 138.6 AU Adelaide
AKL -36.85 174.76 NZ Auckland
AMS 52.37 4.9 NL Amsterdam
ARN 59.33 18.07 SE Stockholm
ATL 33.75 -84.39 US Atlanta
BCN 41.39 2.17 ES Barcelona
BFI 47.61 -122.33 US Seattle
BKK 13.76 100.5 TH Bangkok
BMA 59.33 18.07 SE Stockholm
BNE -27.47 153.03 AU Brisbane
BOG 4.71 -74.07 CO Bogotá
BOM 19.08 72.88 IN Mumbai
BOS 42.36 -71.06 US Boston
BRU 50.85 4.35 BE Brussels
BUR 34.05 -118.24 US Los Angeles
BWI 39.04 -77.49 US Ashburn
CCU 22.57 88.36 IN Kolkata
CDG 48.86 2.35 FR Paris
CGH -23.55 -46.63 BR São Paulo
CHC -43.53 172.64 NZ Christchurch
CHI 41.88 -87.63 US Chicago
CMH 39.96 -83 US Columbus
CPH 55.68 12.57 DK Copenhagen
CPT -33.92 18.42 ZA Cape Town
CWB -25.43 -49.27 BR Curitiba
DCA 39.04 -77.49 US Ashburn
DEL 28.61 77.21 IN Delhi
DEN 39.74 -104.99 US Denver
DFW 32.78 -96.8 US Dallas
DTW 42.33 -83.05 US Detroit
DUB 53.35 -6.26 IE Dublin
DXB 25.2 55.27 AE Dubai
EWR 40.74 -74.17 US Newark
EZE -34.6 -58.38 AR Buenos Aires
FCO 41.9 12.5 IT Rome
FJR 25.13 56.33 AE Fujairah
FOR -3.73 -38.52 BR Fortaleza
FRA 50.11 8.68 DE Frankfurt
FTY 33.75 -84.39 US Atlanta
GIG -22.91 -43.17 BR Rio de Janeiro
GNV 29.65 -82.32 US Gainesville
GRU -23.55 -46.63 BR São Paulo
HEL 60.17 24.94 FI Helsinki
HHN 50.11 8.68 DE Frankfurt
HKG 22.32 114.17 HK Hong Kong
HND 35.68 139.65 JP Tokyo
HNL 21.31 -157.86 US Honolulu
HOU 29.76 -95.37 US Houston
HYD 17.39 78.49 IN Hyderabad
IAD 39.04 -77.49 US Ashburn
IAH 29.76 -95.37 US Houston
ICN 37.57 126.98 KR Seoul
ITM 34.69 135.5 JP Osaka
JAX 30.33 -81.66 US Jacksonville
JFK 40.71 -74.01 US New York
JNB -26.2 28.05 ZA Johannesburg
KIX 34.69 135.5 JP Osaka
KUL 3.14 101.69 MY Kuala Lumpur
LAX 34.05 -118.24 US Los Angeles
LCY 51.51 -0.13 GB London
LGA 40.71 -74.01 US New York
LGB 34.05 -118.24 US Los Angeles
LHR 51.51 -0.13 GB London
LIM -12.05 -77.04 PE Lima
LIN 45.46 9.19 IT Milan
LIS 38.72 -9.14 PT Lisbon
LON 51.51 -0.13 GB London
MAA 13.08 80.27 IN Chennai
MAD 40.42 -3.7 ES Madrid
MAN 53.48 -2.24 GB Manchester
MCI 39.1 -94.58 US Kansas City
MDW 41.88 -87.63 US Chicago
MEL -37.81 144.96 AU Melbourne
MIA 25.76 -80.19 US Miami
MNL 14.6 120.98 PH Manila
MRS 43.3 5.37 FR Marseille
MSP 44.98 -93.27 US Minneapolis
MUC 48.14 11.58 DE Munich
MXP 45.46 9.19 IT Milan
NRT 35.68 139.65 JP Tokyo
ORD 41.88 -87.63 US Chicago
OSL 59.91 10.75 NO Oslo
PAO 37.44 -122.14 US Palo Alto
PAR 48.86 2.35 FR Paris
PDK 33.75 -84.39 US Atlanta
PDX 45.52 -122.68 US Portland
PER -31.95 115.86 AU Perth
PHX 33.45 -112.07 US Phoenix
PWK 41.88 -87.63 US Chicago
QPG 1.35 103.82 SG Singapore
QRO 20.59 -100.39 MX Querétaro
SCL -33.45 -70.67 CL Santiago
SEA 47.61 -122.33 US Seattle
SIN 1.35 103.82 SG Singapore
SJC 37.34 -121.89 US San Jose
SNA 34.05 -118.24 US Los Angeles
SOF 42.7 23.32 BG Sofia
STL 38.63 -90.2 US St. Louis
STP 44.95 -93.09 US St. Paul
SYD -33.87 151.21 AU Sydney
TYO 35.68 139.65 JP Tokyo
VCP -22.91 -47.06 BR Campinas
VIE 48.21 16.37 AT Vienna
WDC 39.04 -77.49 US Ashburn
WLG -41.29 174.78 NZ Wellington
XSP 1.35 103.82 SG Singapore
YUL 45.5 -73.57 CA Montreal
YVR 49.28 -123.12 CA Vancouver
YYC 51.04 -114.07 CA Calgary
YYZ 43.65 -79.38 CA Toronto
ZRH 47.38 8.54 CH Zurich
`;
