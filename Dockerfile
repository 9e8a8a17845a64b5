# The gateway alone, in front of a guacd and desktops of your own.
#
#   docker build -t samehand .
#   docker run --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges --ulimit core=0 --stop-timeout 45 \
#     -p 8443:8443 -p 127.0.0.1:8444:8444 -p 127.0.0.1:9464:9464 \
#     -v ./samehand:/etc/samehand:ro -v samehand-data:/var/lib/samehand samehand
#
# /etc/samehand holds samehand.yaml, the policy and the key rings, readable by uid 1000; the store is in the volume.
FROM node:24-bookworm-slim AS build
WORKDIR /build
# The image's Node comes first: the one among the dependencies is for checkouts, and its install script is not run.
ENV PATH=/usr/local/bin:/usr/bin:/bin:/build/node_modules/.bin
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.package.json LICENSE ./
COPY scripts/package.ts scripts/package.ts
COPY bin bin
COPY config config
COPY models models
COPY gateway gateway
COPY console console
RUN node scripts/package.ts && npm prune --omit=dev --ignore-scripts

FROM node:24-bookworm-slim
ENV NODE_ENV=production \
    SAMEHAND_LISTEN_HOST=0.0.0.0 \
    SAMEHAND_METRICS_HOST=0.0.0.0 \
    SAMEHAND_ADMIN_HOST=0.0.0.0 \
    SAMEHAND_STORE=/var/lib/samehand/samehand.db
WORKDIR /opt/samehand
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
COPY package.json LICENSE ./
COPY bin bin
# A volume takes over the rights of what it covers: uid 1000 is the image's user `node`.
RUN install -d -m 0700 -o 1000 -g 1000 /var/lib/samehand
USER 1000:1000
VOLUME /var/lib/samehand
EXPOSE 8443 8444 9464
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9464/healthz').then((it) => process.exit(it.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["/opt/samehand/bin/samehand"]
CMD ["serve", "--config", "/etc/samehand/samehand.yaml"]
