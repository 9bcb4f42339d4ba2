import type { Command } from 'commander'
export function addJoin(_program: Command): void {}
