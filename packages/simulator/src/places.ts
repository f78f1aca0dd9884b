/** Cities where sites and clients are, by airport code. */
export interface Place {
  readonly code: string
  readonly city: string
  /** ISO 3166-1 alpha-2. */
  readonly country: string
  /** Degrees north. */
  readonly latitude: number
  /** Degrees east. */
  readonly longitude: number
}

const rows: readonly (readonly [string, string, string, number, number])[] = [
  ['ams', 'Amsterdam', 'NL', 52.37, 4.9],
  ['lhr', 'London', 'GB', 51.51, -0.13],
  ['fra', 'Frankfurt', 'DE', 50.11, 8.68],
  ['cdg', 'Paris', 'FR', 48.86, 2.35],
  ['mad', 'Madrid', 'ES', 40.42, -3.7],
  ['mxp', 'Milan', 'IT', 45.46, 9.19],
  ['arn', 'Stockholm', 'SE', 59.33, 18.07],
  ['waw', 'Warsaw', 'PL', 52.23, 21.01],
  ['otp', 'Bucharest', 'RO', 44.43, 26.1],
  ['ath', 'Athens', 'GR', 37.98, 23.73],
  ['ist', 'Istanbul', 'TR', 41.01, 28.98],
  ['iad', 'Ashburn', 'US', 39.04, -77.49],
  ['lax', 'Los Angeles', 'US', 34.05, -118.24],
  ['ord', 'Chicago', 'US', 41.88, -87.63],
  ['dfw', 'Dallas', 'US', 32.78, -96.8],
  ['yyz', 'Toronto', 'CA', 43.65, -79.38],
  ['mex', 'Mexico City', 'MX', 19.43, -99.13],
  ['gru', 'São Paulo', 'BR', -23.55, -46.63],
  ['eze', 'Buenos Aires', 'AR', -34.6, -58.38],
  ['scl', 'Santiago', 'CL', -33.45, -70.67],
  ['bog', 'Bogotá', 'CO', 4.71, -74.07],
  ['jnb', 'Johannesburg', 'ZA', -26.2, 28.05],
  ['los', 'Lagos', 'NG', 6.52, 3.38],
  ['nbo', 'Nairobi', 'KE', -1.29, 36.82],
  ['cai', 'Cairo', 'EG', 30.04, 31.24],
  ['dxb', 'Dubai', 'AE', 25.2, 55.27],
  ['bom', 'Mumbai', 'IN', 19.08, 72.88],
  ['del', 'Delhi', 'IN', 28.61, 77.21],
  ['sin', 'Singapore', 'SG', 1.35, 103.82],
  ['cgk', 'Jakarta', 'ID', -6.21, 106.85],
  ['bkk', 'Bangkok', 'TH', 13.76, 100.5],
  ['hkg', 'Hong Kong', 'HK', 22.32, 114.17],
  ['tpe', 'Taipei', 'TW', 25.03, 121.57],
  ['nrt', 'Tokyo', 'JP', 35.68, 139.69],
  ['icn', 'Seoul', 'KR', 37.57, 126.98],
  ['mnl', 'Manila', 'PH', 14.6, 120.98],
  ['syd', 'Sydney', 'AU', -33.87, 151.21],
  ['per', 'Perth', 'AU', -31.95, 115.86],
  ['akl', 'Auckland', 'NZ', -36.85, 174.76],
]

export const places: readonly Place[] = rows.map(([code, city, country, latitude, longitude]) => ({
  code,
  city,
  country,
  latitude,
  longitude,
}))

/** The place of a code, or undefined. */
export const placeOf = (code: string): Place | undefined =>
  places.find((place) => place.code === code)

const earthRadiusKm = 6371

/** Great-circle distance in km. */
export function distanceKm(from: Place, to: Place): number {
  const radians = Math.PI / 180
  const latitudes = (to.latitude - from.latitude) * radians
  const longitudes = (to.longitude - from.longitude) * radians
  const half =
    Math.sin(latitudes / 2) ** 2 +
    Math.cos(from.latitude * radians) *
      Math.cos(to.latitude * radians) *
      Math.sin(longitudes / 2) ** 2
  return 2 * earthRadiusKm * Math.asin(Math.sqrt(half))
}
