# The gateway alone, in front of a guacd and desktops of your own. No build step: Node 24 runs the TypeScript.
#
#   docker build -t samehand .
#   docker run -p 8443:8443 -p 8444:8444 -p 9464:9464 -v ./samehand:/etc/samehand:ro -v samehand-data:/var/lib/samehand samehand
#
# /etc/samehand holds samehand.yaml, the policy and the key rings; the store is in the volume.
FROM node:24-bookworm-slim AS dependencies
WORKDIR /opt/samehand
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts

FROM node:24-bookworm-slim AS console
WORKDIR /opt/samehand
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY gateway gateway
COPY console console
RUN node_modules/.bin/vite build console --logLevel warn

FROM node:24-bookworm-slim
ENV NODE_ENV=production \
    SAMEHAND_LISTEN_HOST=0.0.0.0 \
    SAMEHAND_METRICS_HOST=0.0.0.0 \
    SAMEHAND_ADMIN_HOST=0.0.0.0 \
    SAMEHAND_STORE=/var/lib/samehand/samehand.db
WORKDIR /opt/samehand
COPY --from=dependencies /opt/samehand/node_modules node_modules
COPY package.json LICENSE ./
COPY bin bin
COPY config config
COPY models models
COPY gateway gateway
COPY --from=console /opt/samehand/console/dist console/dist
RUN install -d -o node -g node /var/lib/samehand
USER node
VOLUME /var/lib/samehand
EXPOSE 8443 8444 9464
HEALTHCHECK --interval=15s --timeout=3s --start-period=10s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9464/healthz').then((it) => process.exit(it.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["/opt/samehand/bin/samehand"]
CMD ["serve", "--config", "/etc/samehand/samehand.yaml"]
