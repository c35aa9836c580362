import * as fc from 'fast-check';

const odd = [
  '. .. ... a. % %2E %2e%2E a% a\\b \\ ~ ? # + a:b CON'.split(' '),
  ['a ', ' ', ' a', '\u0001', '\n', 'a\u007f', '\u0085', '\ufffd', '\ufffe', '\uffff', '\ufeffa', '\u2028'],
  ['é', 'e\u0301', '漢字', '😀', '.durable-backup'],
].flatMap((names) => names.map((name) => Buffer.from(name)));
const notUtf8 = ['ff', 'c3', '61c328', 'e28261', 'eda080', 'f0908080ff', 'c0af', 'f8888080'].map((hex) =>
  Buffer.from(hex, 'hex'),
);

const anyByte = fc.uint8Array({ minLength: 1, maxLength: 12 }).map((bytes) => Buffer.from(bytes));
const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).map((name) => Buffer.from(name));
const piece = fc.oneof(fc.constantFrom(...odd, ...notUtf8), anyByte, text);

/** Names that a directory may hold: any bytes but `/`, NUL, `.` and `..`, most of them odd. */
export const fileName: fc.Arbitrary<Buffer> = fc
  .oneof(
    piece,
    fc.array(piece, { minLength: 2, maxLength: 3 }).map((pieces) => Buffer.concat(pieces)),
  )
  .filter((name) => name.length > 0 && name.length <= 255 && !name.includes(0x2f) && !name.includes(0))
  .filter((name) => !['.', '..'].includes(name.toString('latin1')));

/** Relative paths of such names. */
export const filePath: fc.Arbitrary<Buffer> = fc
  .array(fileName, { minLength: 1, maxLength: 5 })
  .map((names) => Buffer.concat(names.flatMap((name, i) => (i === 0 ? [name] : [Buffer.from('/'), name]))));
