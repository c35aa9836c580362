import { createHash, hash, type Hash } from 'node:crypto';
import { readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import type { Answer, Question } from './block-questions.ts';

// Node reads no 2 GiB at once; blocks of the largest files are larger.
const mostAtOnce = 2 ** 30;

/** Reads blocks of files and hashes them: work that would keep the thread that talks to storage from doing so. */
const hashes = new Map<number, Hash>();

parentPort?.on('message', (question: Question) => {
  let answer: Answer;
  try {
    answer = { id: question.id, ...answerTo(question) };
  } catch (error) {
    // A cloned error would lose what makes it a system error.
    const { message, code, errno, syscall } = error as NodeJS.ErrnoException;
    answer = { id: question.id, error: { message, code, errno, syscall } };
  }
  parentPort?.postMessage(answer);
});

function answerTo(question: Question): Omit<Answer, 'id'> {
  const { file } = question;
  if (question.ask === 'forget') {
    hashes.delete(file);
    return {};
  }
  const whole = hashes.get(file) ?? createHash('sha256');
  hashes.set(file, whole);
  if (question.ask === 'sha256') {
    hashes.delete(file);
    return { sha256: whole.digest('hex') };
  }
  const block = readBlock(question.descriptor, question.position, Buffer.from(question.into, 0, question.length));
  whole.update(block);
  return { length: block.length, ...(question.md5 && { md5: hash('md5', block, 'base64') }) };
}

/** What there is from `position` on, up to the length of `into`, and never less. */
function readBlock(descriptor: number, position: number, into: Buffer): Buffer {
  let filled = 0;
  while (filled < into.length) {
    const bytesRead = readSync(descriptor, into, filled, Math.min(into.length - filled, mostAtOnce), position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return into.subarray(0, filled);
}
