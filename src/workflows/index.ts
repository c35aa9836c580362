export { backup, E2_BackupSiteContent } from './backup.ts';
