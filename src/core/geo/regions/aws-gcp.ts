/** Regions of Amazon Web Services and Google Cloud: `region latitude longitude country city`, one a line; city centres. */
export const aws: string = `
af-south-1 -33.92 18.42 ZA Cape Town
ap-east-1 22.32 114.17 HK Hong Kong
ap-east-2 25.03 121.57 TW Taipei
ap-northeast-1 35.68 139.65 JP Tokyo
ap-northeast-2 37.57 126.98 KR Seoul
ap-northeast-3 34.69 135.5 JP Osaka
ap-south-1 19.08 72.88 IN Mumbai
ap-south-2 17.39 78.49 IN Hyderabad
ap-southeast-1 1.35 103.82 SG Singapore
ap-southeast-2 -33.87 151.21 AU Sydney
ap-southeast-3 -6.21 106.85 ID Jakarta
ap-southeast-4 -37.81 144.96 AU Melbourne
ap-southeast-5 3.14 101.69 MY Kuala Lumpur
ap-southeast-6 -36.85 174.76 NZ Auckland
ap-southeast-7 13.76 100.5 TH Bangkok
ca-central-1 45.5 -73.57 CA Montreal
ca-west-1 51.04 -114.07 CA Calgary
cn-north-1 39.9 116.41 CN Beijing
cn-northwest-1 37.27 106.17 CN Ningxia
eu-central-1 50.11 8.68 DE Frankfurt
eu-central-2 47.38 8.54 CH Zurich
eu-north-1 59.33 18.07 SE Stockholm
eu-south-1 45.46 9.19 IT Milan
eu-south-2 41.65 -0.89 ES Aragón
eu-west-1 53.35 -6.26 IE Dublin
eu-west-2 51.51 -0.13 GB London
eu-west-3 48.86 2.35 FR Paris
il-central-1 32.09 34.78 IL Tel Aviv
me-central-1 25.2 55.27 AE Dubai
me-south-1 26.23 50.59 BH Manama
mx-central-1 20.59 -100.39 MX Querétaro
sa-east-1 -23.55 -46.63 BR São Paulo
us-east-1 39.04 -77.49 US Ashburn
us-east-2 39.96 -83 US Columbus
us-gov-east-1 38.9 -77 US Eastern US
us-gov-west-1 46.2 -119.2 US Pacific Northwest
us-west-1 37.77 -122.42 US San Francisco
us-west-2 45.52 -122.68 US Portland
`;

export const gcp: string = `
africa-south1 -26.2 28.05 ZA Johannesburg
asia-east1 24.05 120.52 TW Changhua County
asia-east2 22.32 114.17 HK Hong Kong
asia-northeast1 35.68 139.65 JP Tokyo
asia-northeast2 34.69 135.5 JP Osaka
asia-northeast3 37.57 126.98 KR Seoul
asia-south1 19.08 72.88 IN Mumbai
asia-south2 28.7 77.1 IN Delhi
asia-southeast1 1.35 103.82 SG Singapore
asia-southeast2 -6.21 106.85 ID Jakarta
australia-southeast1 -33.87 151.21 AU Sydney
australia-southeast2 -37.81 144.96 AU Melbourne
europe-central2 52.23 21.01 PL Warsaw
europe-north1 60.57 27.19 FI Hamina
europe-north2 59.33 18.07 SE Stockholm
europe-southwest1 40.42 -3.7 ES Madrid
europe-west1 50.47 3.81 BE St. Ghislain
europe-west10 52.52 13.4 DE Berlin
europe-west12 45.07 7.69 IT Turin
europe-west2 51.51 -0.13 GB London
europe-west3 50.11 8.68 DE Frankfurt
europe-west4 53.44 6.83 NL Eemshaven
europe-west6 47.38 8.54 CH Zurich
europe-west8 45.46 9.19 IT Milan
europe-west9 48.86 2.35 FR Paris
me-central1 25.29 51.53 QA Doha
me-central2 26.42 50.09 SA Dammam
me-west1 32.09 34.78 IL Tel Aviv
northamerica-northeast1 45.5 -73.57 CA Montréal
northamerica-northeast2 43.65 -79.38 CA Toronto
northamerica-south1 20.59 -100.39 MX Querétaro
southamerica-east1 -23.55 -46.63 BR São Paulo
southamerica-west1 -33.45 -70.67 CL Santiago
us-central1 41.26 -95.86 US Council Bluffs
us-east1 33.2 -80.01 US Moncks Corner
us-east4 39.04 -77.49 US Ashburn
us-east5 39.96 -83 US Columbus
us-south1 32.78 -96.8 US Dallas
us-west1 45.59 -121.18 US The Dalles
us-west2 34.05 -118.24 US Los Angeles
us-west3 40.76 -111.89 US Salt Lake City
us-west4 36.17 -115.14 US Las Vegas
`;
