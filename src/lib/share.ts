const sharePattern = /^(\d+(?:\.\d+)?|\.\d+)\s*(%?)$/u;

export const shareRule = 'a share above 0 and at most 100%, such as 5%';

/** `5%` or `0.05`: above 0 and at most 1; undefined when the text is no such share. */
export function parseShare(text: string): number | undefined {
  const [, number = '', percent] = sharePattern.exec(text.trim()) ?? [];
  const value = percent === '%' ? Number(number) / 100 : Number(number);
  return number !== '' && value > 0 && value <= 1 ? value : undefined;
}
