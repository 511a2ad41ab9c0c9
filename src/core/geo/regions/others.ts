/** Regions of Alibaba Cloud, IBM Cloud, Hetzner, OVHcloud, Scaleway and Vultr: `region latitude longitude country city`, one a line; city centres. */
export const alibaba: string = `
ap-northeast-1 35.68 139.65 JP Tokyo
ap-northeast-2 37.57 126.98 KR Seoul
ap-southeast-1 1.35 103.82 SG Singapore
ap-southeast-3 3.14 101.69 MY Kuala Lumpur
ap-southeast-5 -6.21 106.85 ID Jakarta
ap-southeast-6 14.6 120.98 PH Manila
ap-southeast-7 13.76 100.5 TH Bangkok
cn-beijing 39.9 116.41 CN Beijing
cn-chengdu 30.57 104.07 CN Chengdu
cn-guangzhou 23.13 113.26 CN Guangzhou
cn-hangzhou 30.27 120.16 CN Hangzhou
cn-heyuan 23.74 114.7 CN Heyuan
cn-hongkong 22.32 114.17 HK Hong Kong
cn-huhehaote 40.84 111.75 CN Hohhot
cn-qingdao 36.07 120.38 CN Qingdao
cn-shanghai 31.23 121.47 CN Shanghai
cn-shenzhen 22.54 114.06 CN Shenzhen
cn-wulanchabu 40.99 113.13 CN Ulanqab
cn-zhangjiakou 40.77 114.89 CN Zhangjiakou
eu-central-1 50.11 8.68 DE Frankfurt
eu-west-1 51.51 -0.13 GB London
me-central-1 24.71 46.68 SA Riyadh
me-east-1 25.2 55.27 AE Dubai
us-east-1 39.04 -77.49 US Ashburn
us-southeast-1 33.75 -84.39 US Atlanta
us-west-1 37.34 -121.89 US San Jose
`;

export const ibm: string = `
au-syd -33.87 151.21 AU Sydney
br-sao -23.55 -46.63 BR São Paulo
ca-mon 45.5 -73.57 CA Montreal
ca-tor 43.65 -79.38 CA Toronto
eu-de 50.11 8.68 DE Frankfurt
eu-es 40.42 -3.7 ES Madrid
eu-gb 51.51 -0.13 GB London
jp-osa 34.69 135.5 JP Osaka
jp-tok 35.68 139.65 JP Tokyo
us-east 38.91 -77.04 US Washington
us-south 32.78 -96.8 US Dallas
`;

export const hetzner: string = `
ash 39.04 -77.49 US Ashburn
fsn1 50.48 12.37 DE Falkenstein
hel1 60.17 24.94 FI Helsinki
hil 45.52 -122.99 US Hillsboro
nbg1 49.45 11.08 DE Nuremberg
sin 1.35 103.82 SG Singapore
`;

export const ovh: string = `
BHS 45.31 -73.87 CA Beauharnois
DE1 50.11 8.68 DE Frankfurt
GRA 50.99 2.13 FR Gravelines
RBX 50.69 3.17 FR Roubaix
SBG 48.57 7.75 FR Strasbourg
SGP1 1.35 103.82 SG Singapore
SYD1 -33.87 151.21 AU Sydney
UK1 51.51 -0.13 GB London
WAW1 52.23 21.01 PL Warsaw
`;

export const scaleway: string = `
fr-par 48.86 2.35 FR Paris
nl-ams 52.37 4.9 NL Amsterdam
pl-waw 52.23 21.01 PL Warsaw
`;

export const vultr: string = `
ams 52.37 4.9 NL Amsterdam
atl 33.75 -84.39 US Atlanta
blr 12.97 77.59 IN Bengaluru
bom 19.08 72.88 IN Mumbai
cdg 48.86 2.35 FR Paris
del 28.7 77.1 IN Delhi
dfw 32.78 -96.8 US Dallas
ewr 40.71 -74.01 US New Jersey
fra 50.11 8.68 DE Frankfurt
hnl 21.31 -157.86 US Honolulu
icn 37.57 126.98 KR Seoul
itm 34.69 135.5 JP Osaka
jnb -26.2 28.05 ZA Johannesburg
lax 34.05 -118.24 US Los Angeles
lhr 51.51 -0.13 GB London
mad 40.42 -3.7 ES Madrid
man 53.48 -2.24 GB Manchester
mel -37.81 144.96 AU Melbourne
mex 19.43 -99.13 MX Mexico City
mia 25.76 -80.19 US Miami
nrt 35.68 139.65 JP Tokyo
ord 41.88 -87.63 US Chicago
sao -23.55 -46.63 BR São Paulo
scl -33.45 -70.67 CL Santiago
sea 47.61 -122.33 US Seattle
sgp 1.35 103.82 SG Singapore
sjc 37.34 -121.89 US San Jose
sto 59.33 18.07 SE Stockholm
syd -33.87 151.21 AU Sydney
tlv 32.09 34.78 IL Tel Aviv
waw 52.23 21.01 PL Warsaw
yto 43.65 -79.38 CA Toronto
`;
