import { gunzipSync } from 'node:zlib';
import type { Page } from '../../../src/contracts/job.ts';
import type {
  Verification,
  VerificationInput,
  VerificationReport,
  VerificationTally,
  VerifiedFile,
} from '../../../src/contracts/verification.ts';
import { parseNdjson } from '../../../src/storage/ndjson.ts';
import { jobLayout } from '../../../src/storage/run-layout.ts';
import { blobBytes, copyAll, listAll, perform, type Rig } from '../rig.ts';

const times = { startedAt: '2026-01-02T03:04:05.000Z', finishedAt: '2026-01-02T03:05:00.000Z' };

/** Backs the tree up into a run with a manifest, as the workflow does. */
export async function backUpRun(rig: Rig, id = rig.run.id): Promise<void> {
  const { activities } = rig;
  const run = { ...rig.run, id };
  const pages = await listAll({ ...rig, run });
  await copyAll({ ...rig, run }, pages);
  for (const { number } of pages) await perform(activities.sealPage, [run, number, []]);
  await perform(activities.commitRun, [run, times]);
}

let second = 0;

/** A time of its own for each verification. */
function nextStart(): string {
  second += 1;
  return new Date(Date.UTC(2026, 1, 1) + second * 1000).toISOString();
}

export function open(rig: Rig, input: Partial<VerificationInput> = {}): Promise<Verification> {
  const { activities, run } = rig;
  return perform(activities.openVerification, [{ run: run.id, options: run.options, ...input }, nextStart()]);
}

/** Lists every page. */
export async function listPages({ activities }: Rig, verification: Verification): Promise<Page[]> {
  const pages: Page[] = [];
  do {
    const cursor = pages.at(-1)?.cursor;
    const number = pages.length;
    const args = cursor === undefined ? ([verification, number] as const) : ([verification, number, cursor] as const);
    pages.push(await perform(activities.listVerification, [...args]));
  } while (pages.at(-1)?.cursor !== undefined);
  return pages;
}

/** What a verification left. */
export interface Verified {
  readonly verification: Verification;
  readonly tally: VerificationTally;
  readonly report: VerificationReport;
  /** In the order of the ledger. */
  readonly rows: readonly VerifiedFile[];
}

/** Verifies from start to end, as the workflow does. */
export async function verify(rig: Rig, input: Partial<VerificationInput> = {}): Promise<Verified> {
  const verification = await open(rig, input);
  return finish(rig, verification, await listPages(rig, verification));
}

/** Looks again at what failed of each page of a verification. */
export async function verifyAgain(rig: Rig, before: Verified): Promise<Verified> {
  const verification = { ...before.verification, round: (before.verification.round ?? 0) + 1 };
  const shards = before.report.shards.filter(({ blob }) => !blob.includes('extra'));
  const pages: Page[] = [];
  for (const number of shards.keys()) {
    pages.push(await perform(rig.activities.listUnverified, [verification, number]));
  }
  return finish(rig, verification, pages);
}

async function finish(rig: Rig, verification: Verification, pages: readonly Page[]): Promise<Verified> {
  const { activities } = rig;
  for (const { number, copies } of pages) {
    for (const copy of copies) await perform(activities.verifyFiles, [verification, copy]);
    await perform(activities.sealVerificationPage, [verification, number, []]);
  }
  const { report: address, tally } = await perform(activities.commitVerification, [verification, times]);
  const report = JSON.parse(
    (await blobBytes(rig, address.slice(address.indexOf('/') + 1))).toString(),
  ) as VerificationReport;
  return { verification, tally, report, rows: await ledger(rig, verification) };
}

export async function ledger(rig: Rig, verification: Verification): Promise<VerifiedFile[]> {
  const prefix = jobLayout('verifications', verification).shards;
  const rows: VerifiedFile[] = [];
  for await (const { name } of rig.container.listBlobsFlat({ prefix })) {
    rows.push(...parseNdjson<VerifiedFile>(gunzipSync(await blobBytes(rig, name)).toString()));
  }
  return rows;
}

/** Lists a deep verification of one page. */
export async function openDeep(rig: Rig): Promise<{ verification: Verification; copies: Page['copies'] }> {
  const verification = await open(rig, { deep: true });
  const { copies } = await perform(rig.activities.listVerification, [verification, 0]);
  return { verification, copies };
}

/** Outcomes by path. */
export function outcomes({ rows }: Pick<Verified, 'rows'>): Record<string, string> {
  return Object.fromEntries(rows.map(({ path, outcome }) => [path, outcome]));
}

/** Puts other bytes into a blob, with or without what the backup wrote about the old ones. */
export async function overwrite({ container }: Rig, name: string, body: Buffer, keepMetadata = false): Promise<void> {
  const blob = container.getBlockBlobClient(name);
  const { metadata = {} } = await blob.getProperties();
  await blob.upload(body, body.length, keepMetadata ? { metadata } : {});
}
