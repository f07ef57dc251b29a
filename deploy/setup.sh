#!/bin/sh
# Makes what a first fleet needs, once, in the folder $KEYS: a certificate for the NATS server (name $SERVER), its
# configuration, a key for the centre and one for each site that is named. What is there already stays as it is.
set -eu
umask 022
cd "$KEYS"

if [ ! -f server.pem ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj "/CN=$SERVER" \
        -addext "subjectAltName=DNS:$SERVER" -keyout server.key -out server.pem 2> /dev/null
fi

cat > nats.conf << END
port: ${PORT:-4222}
max_connections: 20000
tls { cert_file: "$KEYS/server.pem", key_file: "$KEYS/server.key" }
include "users.json"
END

# A key is printed once: into a file that only its owner reads.
enrol() {
    [ -s "$2.key" ] || (umask 077 && energy-manager fleet enrol "$1" > "$2.key")
}

enrol '*' centre
for site in "$@"; do
    enrol "$site" "$site"
done
if [ "$(id -u)" = 0 ]; then
    chown -R "${OWNER:-10001}" .
fi
