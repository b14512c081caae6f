# One image for receiver, worker and dashboard; docker-compose.yml names the command of each.
FROM node:24.21.0-bookworm-slim AS build
WORKDIR /app
# Lets pnpm replace node_modules without asking a terminal.
ENV CI=true
# The lockfile alone decides what is downloaded, so this layer outlives changes of the sources.
COPY pnpm-lock.yaml pnpm-workspace.yaml ./
RUN npx --yes pnpm@12.21.0 fetch
COPY . .
RUN npx --yes pnpm@12.21.0 install --frozen-lockfile --offline && node -e "import('./tools/indexes.mjs').then(({ generateIndexes }) => generateIndexes('.'))" \
  && node node_modules/typescript/bin/tsc -b
# Afresh: pruning would unlink the development packages, but leave their files.
RUN rm -rf node_modules apps/*/node_modules packages/*/node_modules examples/*/node_modules \
  && npx --yes pnpm@12.21.0 install --prod --frozen-lockfile --offline

FROM node:24.21.0-bookworm-slim
ENV NODE_ENV=production DATA_DIR=/data
WORKDIR /app
# A new named volume takes its owner from this folder.
RUN mkdir /data && chown node:node /data
COPY --from=build /app /app
USER node
CMD ["node", "apps/receiver/dist/main.js"]
