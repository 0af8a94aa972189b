#!/bin/bash
# create_dual_intermediate_CA.sh: a stand-in for Octavia's script of this name, with one real key
# and certificate, which is valid as long as the real one that ends first.
#
# Leaves    dual_ca beside openssl.cnf, with the same files as the real one
set -x -e

rm -rf dual_ca
mkdir dual_ca
chmod 700 dual_ca
cd dual_ca
mkdir -p server_ca etc/octavia/certs
cp ../openssl.cnf server_ca
openssl genpkey -algorithm RSA -out server_ca/ca.key.pem -aes-128-cbc -pass pass:not-secure-passphrase
openssl req -key server_ca/ca.key.pem -passin pass:not-secure-passphrase -new -x509 -days 1825 -subj /CN=Octavia \
  -out server_ca/ca.pem
install -m 0400 server_ca/ca.key.pem etc/octavia/certs/server_ca.key.pem
install -m 0600 server_ca/ca.pem etc/octavia/certs/client.cert-and-key.pem
openssl rsa -in server_ca/ca.key.pem -passin pass:not-secure-passphrase >>etc/octavia/certs/client.cert-and-key.pem
for name in server_ca server_ca-chain client_ca; do
  install -m 0444 server_ca/ca.pem "etc/octavia/certs/$name.cert.pem"
done
