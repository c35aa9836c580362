import type { Request, Response } from 'express';
import { HttpProblem } from '../problem.ts';

/**
 * Refuses a rewind. Durable Functions says why in a bare JSON string, and its clients show that as it is: whoever asks for
 * `application/json` by name gets one, everybody else problem details.
 */
export function refuseRewind(request: Request, response: Response, status: number, reason: string): void {
  const accept = (request.get('accept') ?? '').toLowerCase();
  if (!accept.includes('application/json') || accept.includes('application/problem+json')) {
    throw new HttpProblem(status, reason);
  }
  response.status(status).json(reason);
}
