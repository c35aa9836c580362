import { createHash } from 'node:crypto';
import { Router } from 'express';
import { refuseMethod } from '../problem.ts';
import { docsPage, docsStyle } from './docs-page.ts';
import { openApiDocument } from './document.ts';

/** `GET /openapi.json`, and `GET /docs`, which shows it to people without a script or anything from elsewhere. */
export function createDocsRoutes(options: { keyed: boolean }): Router {
  const router = Router();
  const document = openApiDocument(options);
  const page = docsPage(document);
  const style = createHash('sha256').update(docsStyle).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${style}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`;
  router.get('/openapi.json', (_request, response) => void response.json(document));
  router.get('/docs', (_request, response) => {
    response.set('Content-Security-Policy', policy).type('html').send(page);
  });
  router.all(['/openapi.json', '/docs'], refuseMethod);
  return router;
}
