# One image for the worker and the API; docker-compose.yml runs both. The default command is the worker.

FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# The tools are development dependencies. Azurite is for trying things out, and much larger than all the rest.
# No dependency needs its install script: Temporal's native part comes prebuilt.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
  && npm uninstall --no-save --omit=dev --ignore-scripts --no-audit --no-fund azurite applicationinsights

# Debian, not Alpine: @temporalio/worker is built against glibc.
FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json LICENSE ./
# Node runs the TypeScript as it is, and the worker bundles src/workflows when it starts.
COPY src ./src
# A volume mounted here takes over the owner.
RUN mkdir /data && chown node /data
USER node
CMD ["node", "src/main.ts", "worker"]
