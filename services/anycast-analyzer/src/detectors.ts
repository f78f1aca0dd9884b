import type { Detector } from './analyzer-view.ts'
import { detourBySite } from './detectors/detour-by-site.ts'
import { polarization } from './detectors/polarization.ts'

/** In order of precedence (DESIGN §9): what one has told, those after it leave alone. */
export const detectors: readonly Detector[] = [polarization, detourBySite]
