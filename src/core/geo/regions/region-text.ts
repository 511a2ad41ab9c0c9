export interface RegionPoint {
  readonly latitude: number;
  readonly longitude: number;
  readonly country: string;
  readonly city: string;
}

/** Rows of one provider's text (`region latitude longitude country city`, one a line) by region. */
export function readRegions(text: string): readonly (readonly [region: string, point: RegionPoint])[] {
  return text
    .trim()
    .split("\n")
    .map((line) => {
      const [region = "", latitude, longitude, country = "", ...city] = line.split(" ");
      return [
        region,
        { latitude: Number(latitude), longitude: Number(longitude), country, city: city.join(" ") },
      ] as const;
    });
}
