/** One plane of 8-bit samples or 16-bit little-endian ones, as a decoder leaves it. */
export interface PlaneLayout {
  /** log2 of how many luma columns and rows share one of this plane's. */
  readonly shiftX: number;
  readonly shiftY: number;
  /** Bytes from one position to the next; interleaved chroma has two samples at each. */
  readonly pixelBytes: number;
}

/** Where one component's samples stand. */
export interface ComponentLayout {
  readonly plane: number;
  /** Byte offset of the component inside a position of its plane. */
  readonly offset: number;
}

/** A pixel format that is read directly: Y, U and V (and alpha, which is not drawn) in whole planes. */
export interface YuvLayout {
  readonly planes: readonly PlaneLayout[];
  readonly components: readonly [luma: ComponentLayout, u: ComponentLayout, v: ComponentLayout];
  readonly sampleBytes: 1 | 2;
  /** Bits to drop so that 8 remain. */
  readonly shiftTo8: number;
}

/** What the name of a pixel format says. Names are FFmpeg's (libavutil/pixdesc.c). */
export interface PixelFormatFacts {
  readonly bitDepth: number;
  readonly isRgb: boolean;
  readonly isGray: boolean;
  readonly hasAlpha: boolean;
  /** `420`, `422`, `444`, … or null for RGB and gray. */
  readonly chroma: string | null;
  /** Null where the samples have to be converted before a picture can be made of them. */
  readonly layout: YuvLayout | null;
}

const CHROMA_SHIFTS: Readonly<Record<string, readonly [number, number]>> = {
  '410': [2, 2],
  '411': [2, 0],
  '420': [1, 1],
  '422': [1, 0],
  '440': [0, 1],
  '444': [0, 0],
};

const PLANAR = /^yuv(?<alpha>a?)(?<full>j?)(?<chroma>4\d\d)p(?<depth>\d*)(?<endian>le)?$/;
const SEMI_PLANAR_8 = /^nv(12|21|16|24|42)$/;
const SEMI_PLANAR_16 = /^p(?<family>[024])(?<depth>10|12|16)le$/;
const SEMI_PLANAR_CHROMA: Readonly<Record<string, string>> = {
  '12': '420',
  '21': '420',
  '16': '422',
  '24': '444',
  '42': '444',
  '0': '420',
  '2': '422',
  '4': '444',
};

/** Reads FFmpeg's name of a pixel format, e.g. `yuv420p10le`. */
export function readPixelFormat(name: string): PixelFormatFacts {
  const planar = PLANAR.exec(name)?.groups;
  if (planar !== undefined) return planarFacts(planar);
  const semi = SEMI_PLANAR_8.exec(name);
  if (semi !== null) return semiPlanarFacts(semi[1] as string, 8, name === 'nv21' || name === 'nv42');
  const wide = SEMI_PLANAR_16.exec(name)?.groups;
  if (wide !== undefined) return semiPlanarFacts(wide.family as string, Number(wide.depth), false);
  return otherFacts(name);
}

function planarFacts(groups: Record<string, string | undefined>): PixelFormatFacts {
  const chroma = groups.chroma as string;
  const bitDepth = groups.depth === '' ? 8 : Number(groups.depth);
  const hasAlpha = groups.alpha === 'a';
  const sampleBytes = bitDepth > 8 ? 2 : 1;
  const full = { shiftX: 0, shiftY: 0, pixelBytes: sampleBytes };
  const [shiftX, shiftY] = CHROMA_SHIFTS[chroma] ?? [0, 0];
  const shared = { shiftX, shiftY, pixelBytes: sampleBytes };
  return {
    bitDepth,
    isRgb: false,
    isGray: false,
    hasAlpha,
    chroma,
    layout: {
      planes: [full, shared, shared, ...(hasAlpha ? [full] : [])],
      components: [
        { plane: 0, offset: 0 },
        { plane: 1, offset: 0 },
        { plane: 2, offset: 0 },
      ],
      sampleBytes,
      shiftTo8: bitDepth - 8,
    },
  };
}

function semiPlanarFacts(family: string, bitDepth: number, isVFirst: boolean): PixelFormatFacts {
  const chroma = SEMI_PLANAR_CHROMA[family] as string;
  const sampleBytes = bitDepth > 8 ? 2 : 1;
  const [shiftX, shiftY] = CHROMA_SHIFTS[chroma] ?? [0, 0];
  const first = { plane: 1, offset: 0 };
  const second = { plane: 1, offset: sampleBytes };
  return {
    bitDepth,
    isRgb: false,
    isGray: false,
    hasAlpha: false,
    chroma,
    layout: {
      planes: [
        { shiftX: 0, shiftY: 0, pixelBytes: sampleBytes },
        { shiftX, shiftY, pixelBytes: 2 * sampleBytes },
      ],
      components: [{ plane: 0, offset: 0 }, isVFirst ? second : first, isVFirst ? first : second],
      sampleBytes,
      // The wide ones keep their bits at the top of 16.
      shiftTo8: 8 * sampleBytes - 8,
    },
  };
}

/** Depth of the formats whose name does not carry it as its last number. */
const ODD_DEPTHS: readonly (readonly [RegExp, number])[] = [
  [/f(16|32)(le|be)$/, 16],
  [/^(rgb|bgr)a?(48|64)|^ya16|^ayuv64|^y216|^xv48|^gray32/, 16],
  [/^x2(rgb|bgr)10|^y210|^xv30|^v30x|10msb|^nv20|^nv15/, 10],
  [/^xyz12|^y212|^xv36|12msb/, 12],
];

function otherFacts(name: string): PixelFormatFacts {
  const isGray = /^(gray|ya|mono)/.test(name);
  const isRgb = !isGray && /^(gb|rgb|bgr|argb|abgr|0rgb|0bgr|x2rgb|x2bgr|pal8|bayer|xyz)/.test(name);
  const odd = ODD_DEPTHS.find(([pattern]) => pattern.test(name));
  const last = /^(?:gray|gbra?p|yuva?4\d\dp)(\d+)(?:le|be)$/.exec(name);
  return {
    bitDepth: odd?.[1] ?? (last === null ? 8 : Number(last[1])),
    isRgb,
    isGray,
    hasAlpha: /^(gbrap|ya\d|rgba|bgra|argb|abgr|ayuv|vuya|uyva|yuva|pal8)/.test(name),
    chroma: isRgb || isGray ? null : (/4\d\d/.exec(name)?.[0] ?? packedChroma(name)),
    layout: null,
  };
}

/** Packed YUV formats name their order of samples instead of their subsampling. */
function packedChroma(name: string): string {
  if (/^y21|^nv20/.test(name)) return '422';
  return name === 'nv15' ? '420' : '444';
}
