#!/bin/sh
# Makes what deploy/compose.yaml needs once: key rings, the database's password and Guacamole's tables. Keeps what is there.
set -eu
cd "$(dirname "$0")"
umask 077
[ -f postgres.password ] || head -c 24 /dev/urandom | base64 | tr -d '\n' > postgres.password
# The containers read them as users of their own.
chmod 644 postgres.password
[ -s initdb.sql ] || docker run --rm guacamole/guacamole:1.6.0 /opt/guacamole/bin/initdb.sh --postgresql > initdb.sql
chmod 644 initdb.sql
docker compose -f ../compose.yaml build samehand
# The gateway runs as user 1000, and nobody else may read its keys.
for ring in profile token; do
  [ -s "samehand/$ring.keys" ] && continue
  docker run --rm --user 0 --entrypoint sh -v "$PWD/samehand:/etc/samehand" samehand-samehand -c \
    "/opt/samehand/bin/samehand config --new-key /etc/samehand/$ring.keys && chown 1000:1000 /etc/samehand/$ring.keys"
done
