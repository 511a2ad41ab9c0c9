/** Regions of Microsoft Azure: `region latitude longitude country city`, one a line; city centres. */
export const azure: string = `
australiacentral -35.28 149.13 AU Canberra
australiacentral2 -35.28 149.13 AU Canberra
australiaeast -33.86 151.21 AU Sydney
australiasoutheast -37.81 144.96 AU Melbourne
austriaeast 48.21 16.37 AT Vienna
belgiumcentral 50.85 4.35 BE Brussels
brazilsouth -23.55 -46.63 BR São Paulo
brazilsoutheast -22.91 -43.17 BR Rio de Janeiro
canadacentral 43.65 -79.38 CA Toronto
canadaeast 46.82 -71.22 CA Quebec City
centralindia 18.58 73.92 IN Pune
centralus 41.59 -93.62 US Iowa
chilecentral -33.45 -70.67 CL Santiago
chinaeast 31.23 121.47 CN Shanghai
chinaeast2 31.23 121.47 CN Shanghai
chinaeast3 32.06 120.87 CN Nantong
chinanorth 39.9 116.41 CN Beijing
chinanorth2 39.9 116.41 CN Beijing
chinanorth3 38.04 114.51 CN Hebei
denmarkeast 55.68 12.57 DK Copenhagen
eastasia 22.27 114.19 HK Hong Kong
eastus 37.37 -79.82 US Virginia
eastus2 36.67 -78.39 US Virginia
francecentral 46.38 2.37 FR Paris
francesouth 43.3 5.37 FR Marseille
germanynorth 52.52 13.4 DE Berlin
germanywestcentral 50.11 8.68 DE Frankfurt
indonesiacentral -6.21 106.85 ID Jakarta
israelcentral 32.09 34.78 IL Tel Aviv
italynorth 45.46 9.19 IT Milan
japaneast 35.68 139.77 JP Tokyo
japanwest 34.69 135.5 JP Osaka
jioindiacentral 21.15 79.09 IN Nagpur
jioindiawest 22.47 70.06 IN Jamnagar
koreacentral 37.57 126.98 KR Seoul
koreasouth 35.18 129.08 KR Busan
malaysiawest 3.14 101.69 MY Kuala Lumpur
mexicocentral 20.59 -100.39 MX Querétaro
newzealandnorth -36.85 174.76 NZ Auckland
northcentralus 41.88 -87.63 US Illinois
northeurope 53.35 -6.26 IE Dublin
norwayeast 59.91 10.75 NO Oslo
norwaywest 58.97 5.73 NO Stavanger
polandcentral 52.23 21.01 PL Warsaw
qatarcentral 25.29 51.53 QA Doha
southafricanorth -26.2 28.03 ZA Johannesburg
southafricawest -33.92 18.42 ZA Cape Town
southcentralus 29.42 -98.5 US Texas
southeastasia 1.28 103.83 SG Singapore
southindia 13.08 80.27 IN Chennai
spaincentral 40.42 -3.7 ES Madrid
swedencentral 60.67 17.14 SE Gävle
swedensouth 55.63 13.22 SE Staffanstorp
switzerlandnorth 47.45 8.56 CH Zurich
switzerlandwest 46.2 6.14 CH Geneva
taiwannorth 25.03 121.57 TW Taipei
uaecentral 24.45 54.38 AE Abu Dhabi
uaenorth 25.27 55.32 AE Dubai
uksouth 50.94 -0.8 GB London
ukwest 51.48 -3.18 GB Cardiff
usdodcentral 41.59 -93.62 US Iowa
usdodeast 37.37 -79.82 US Virginia
usgovarizona 33.45 -112.07 US Arizona
usgoviowa 41.59 -93.62 US Iowa
usgovtexas 29.42 -98.5 US Texas
usgovvirginia 37.37 -79.82 US Virginia
westcentralus 40.89 -110.23 US Wyoming
westeurope 52.37 4.9 NL Amsterdam
westindia 19.08 72.88 IN Mumbai
westus 37.78 -122.42 US California
westus2 47.23 -119.85 US Washington
westus3 33.45 -112.07 US Arizona
`;
