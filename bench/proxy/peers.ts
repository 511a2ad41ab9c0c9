/** The proxies that are compared, and their configurations: what of our own work they can do, they do too. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface Peer {
  readonly name: string;
  /** Looked for on the PATH. */
  readonly binary: string;
  /** Writes what it needs to a folder and says how to start it. */
  readonly configure: (folder: string, facts: PeerFacts) => PeerStart;
}

export interface PeerFacts {
  readonly port: number;
  readonly tlsPort: number;
  /** PEM files for `*.example.org`: certificate, key, and both in one. */
  readonly tls: { readonly cert: string; readonly key: string; readonly both: string };
  readonly originPort: number;
  readonly hosts: readonly string[];
}

export interface PeerStart {
  readonly args: readonly string[];
  /** Configuration for the report, without the table of hosts. */
  readonly shown: string;
}

/** nginx in front of one origin, every host looked up in a map; `buffering` is its default. */
function nginx(name: string, buffering: "on" | "off"): Peer {
  return {
    name,
    binary: "nginx",
    configure(folder, { port, tlsPort, tls, originPort, hosts }) {
      const config = `worker_processes 1;
master_process off;
daemon off;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events { worker_connections 8192; }
http {
  access_log ${folder}/access.log combined buffer=64k;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  keepalive_requests 100000000;
  map_hash_max_size 65536;
  map_hash_bucket_size 128;
  map $host $cluster { default ""; include ${folder}/hosts.map; }
  upstream c0 { server 127.0.0.1:${originPort}; keepalive 256; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    listen 127.0.0.1:${tlsPort} ssl backlog=4096;
    ssl_certificate ${tls.cert};
    ssl_certificate_key ${tls.key};
    if ($cluster = "") { return 404; }
    location / {
      proxy_pass http://$cluster;
      proxy_http_version 1.1;
      proxy_buffering ${buffering};
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Request-Id $request_id;
    }
  }
}
`;
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, "nginx.conf"), config);
      writeFileSync(join(folder, "hosts.map"), hosts.map((host) => `${host} c0;\n`).join(""));
      return { args: ["-p", folder, "-c", join(folder, "nginx.conf")], shown: config };
    },
  };
}

const haproxy: Peer = {
  name: "haproxy",
  binary: "haproxy",
  configure(folder, { port, tlsPort, tls, originPort, hosts }) {
    const config = `global
  nbthread 1
  maxconn 8192
  log 127.0.0.1:9 local0
defaults
  mode http
  timeout connect 1s
  timeout client 60s
  timeout server 60s
  option httplog
  option forwardfor
  log global
frontend f
  bind 127.0.0.1:${port}
  bind 127.0.0.1:${tlsPort} ssl crt ${tls.both}
  use_backend %[req.hdr(host),lower,map(${folder}/hosts.map)]
backend c0
  http-reuse always
  server s 127.0.0.1:${originPort}
`;
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "haproxy.cfg"), config);
    writeFileSync(join(folder, "hosts.map"), hosts.map((host) => `${host} c0\n`).join(""));
    return { args: ["-f", join(folder, "haproxy.cfg"), "-db"], shown: config };
  },
};

const caddy: Peer = {
  name: "caddy",
  binary: "caddy",
  configure(folder, { port, tlsPort, tls, originPort }) {
    const config = `{
  admin off
  auto_https off
  skip_install_trust
  storage file_system {
    root ${folder}/storage
  }
  default_sni www.example.org
}
(front) {
  log {
    output file ${folder}/access.log
  }
  reverse_proxy 127.0.0.1:${originPort}
}
http://127.0.0.1:${port}, http://*.example.org:${port} {
  import front
}
https://127.0.0.1:${tlsPort}, https://*.example.org:${tlsPort} {
  tls ${tls.cert} ${tls.key}
  import front
}
`;
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "Caddyfile"), config);
    return { args: ["run", "--config", join(folder, "Caddyfile"), "--adapter", "caddyfile"], shown: config };
  },
};

/** Ourselves, as a process like the others. */
export const PORTOLAN: Peer = {
  name: "portolan",
  binary: process.execPath,
  configure(folder, facts) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "facts.json"), JSON.stringify(facts));
    const main = fileURLToPath(new URL("edge-main.ts", import.meta.url));
    return {
      args: [main, join(folder, "facts.json"), join(folder, "access.log")],
      shown: "routing, location look-up, steering between three clusters, metrics and access log on\n",
    };
  },
};

export const PEERS: readonly Peer[] = [
  nginx("nginx", "on"),
  nginx("nginx, proxy_buffering off", "off"),
  haproxy,
  caddy,
];
