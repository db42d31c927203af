import type { z } from 'zod';

/** Where data differs first from its schema, in one line: a wrong file differs everywhere. */
export function firstIssue({ issues }: z.ZodError): string {
  const [issue] = issues;
  if (issue === undefined) return '';
  const place = issue.path.length === 0 ? 'The whole' : issue.path.join('.');
  return `${place}: ${issue.message}.`;
}
