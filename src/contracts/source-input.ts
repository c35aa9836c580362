import type { BackupInput } from './contract.ts';
import type { SourceDefinition } from './source-definition.ts';

/** What the backup of a source is asked. */
export function backupInputOf({ root, prefix, worker, tags, filters, maxLoss, limits }: SourceDefinition): BackupInput {
  return {
    root,
    prefix,
    ...(worker !== undefined && { worker }),
    ...(tags && tags.length > 0 && { tags }),
    ...(filters && { filters }),
    ...(maxLoss !== undefined && { maxLoss }),
    ...(limits?.uploadLimit !== undefined && { uploadLimit: limits.uploadLimit }),
    ...(limits?.window !== undefined && { options: { window: limits.window } }),
  };
}
