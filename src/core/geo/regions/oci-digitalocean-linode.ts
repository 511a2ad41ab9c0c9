/** Regions of Oracle Cloud, DigitalOcean and Linode: `region latitude longitude country city`, one a line; city centres. */
export const oci: string = `
af-johannesburg-1 -26.2 28.05 ZA Johannesburg
ap-batam-1 1.05 104.03 ID Batam
ap-chuncheon-1 37.88 127.73 KR Chuncheon
ap-dcc-canberra-1 -35.28 149.13 AU Canberra
ap-hyderabad-1 17.39 78.49 IN Hyderabad
ap-melbourne-1 -37.81 144.96 AU Melbourne
ap-mumbai-1 19.08 72.88 IN Mumbai
ap-osaka-1 34.69 135.5 JP Osaka
ap-seoul-1 37.57 126.98 KR Seoul
ap-singapore-1 1.35 103.82 SG Singapore
ap-singapore-2 1.35 103.82 SG Singapore
ap-sydney-1 -33.87 151.21 AU Sydney
ap-tokyo-1 35.68 139.65 JP Tokyo
ca-montreal-1 45.5 -73.57 CA Montreal
ca-toronto-1 43.65 -79.38 CA Toronto
eu-amsterdam-1 52.37 4.9 NL Amsterdam
eu-frankfurt-1 50.11 8.68 DE Frankfurt
eu-frankfurt-2 50.11 8.68 DE Frankfurt
eu-jovanovac-1 43.86 20.4 RS Jovanovac
eu-madrid-1 40.42 -3.7 ES Madrid
eu-madrid-2 40.42 -3.7 ES Madrid
eu-madrid-3 40.42 -3.7 ES Madrid
eu-marseille-1 43.3 5.37 FR Marseille
eu-milan-1 45.46 9.19 IT Milan
eu-paris-1 48.86 2.35 FR Paris
eu-stockholm-1 59.33 18.07 SE Stockholm
eu-turin-1 45.07 7.69 IT Turin
eu-zurich-1 47.38 8.54 CH Zurich
il-jerusalem-1 31.77 35.21 IL Jerusalem
me-abudhabi-1 24.45 54.38 AE Abu Dhabi
me-dubai-1 25.2 55.27 AE Dubai
me-jeddah-1 21.49 39.19 SA Jeddah
me-riyadh-1 24.71 46.68 SA Riyadh
mx-monterrey-1 25.69 -100.32 MX Monterrey
mx-queretaro-1 20.59 -100.39 MX Queretaro
sa-bogota-1 4.71 -74.07 CO Bogota
sa-santiago-1 -33.45 -70.67 CL Santiago
sa-saopaulo-1 -23.55 -46.63 BR Sao Paulo
sa-valparaiso-1 -33.05 -71.61 CL Valparaiso
sa-vinhedo-1 -23.04 -46.98 BR Vinhedo
uk-cardiff-1 51.58 -3 GB Newport
uk-gov-cardiff-1 51.58 -3 GB Newport
uk-gov-london-1 51.51 -0.13 GB London
uk-london-1 51.51 -0.13 GB London
us-ashburn-1 39.04 -77.49 US Ashburn
us-chicago-1 41.88 -87.63 US Chicago
us-gov-ashburn-1 39.04 -77.49 US Ashburn
us-gov-chicago-1 41.88 -87.63 US Chicago
us-gov-phoenix-1 33.45 -112.07 US Phoenix
us-langley-1 39.04 -77.49 US Ashburn
us-luke-1 33.45 -112.07 US Phoenix
us-phoenix-1 33.45 -112.07 US Phoenix
us-sanjose-1 37.34 -121.89 US San Jose
`;

export const digitalocean: string = `
ams3 52.37 4.9 NL Amsterdam
atl1 33.75 -84.39 US Atlanta
blr1 12.97 77.59 IN Bangalore
fra1 50.11 8.68 DE Frankfurt
lon1 51.51 -0.13 GB London
nyc1 40.71 -74.01 US New York
nyc2 40.71 -74.01 US New York
nyc3 40.71 -74.01 US New York
sfo2 37.77 -122.42 US San Francisco
sfo3 37.77 -122.42 US San Francisco
sgp1 1.35 103.82 SG Singapore
syd1 -33.87 151.21 AU Sydney
tor1 43.65 -79.38 CA Toronto
`;

export const linode: string = `
ap-northeast 35.68 139.65 JP Tokyo
ap-south 1.35 103.82 SG Singapore
ap-southeast -33.87 151.21 AU Sydney
ap-west 19.08 72.88 IN Mumbai
au-mel -37.81 144.96 AU Melbourne
br-gru -23.55 -46.63 BR São Paulo
ca-central 43.65 -79.38 CA Toronto
es-mad 40.42 -3.7 ES Madrid
eu-central 50.11 8.68 DE Frankfurt
eu-west 51.51 -0.13 GB London
fr-par 48.86 2.35 FR Paris
gb-lon 51.51 -0.13 GB London
id-cgk -6.21 106.85 ID Jakarta
in-maa 13.08 80.27 IN Chennai
it-mil 45.46 9.19 IT Milan
jp-osa 34.69 135.5 JP Osaka
nl-ams 52.37 4.9 NL Amsterdam
se-sto 59.33 18.07 SE Stockholm
us-central 32.78 -96.8 US Dallas
us-east 40.74 -74.17 US Newark
us-iad 38.91 -77.04 US Washington
us-lax 34.05 -118.24 US Los Angeles
us-mia 25.76 -80.19 US Miami
us-ord 41.88 -87.63 US Chicago
us-sea 47.61 -122.33 US Seattle
us-southeast 33.75 -84.39 US Atlanta
us-west 37.55 -121.99 US Fremont
`;
