#!/usr/bin/env bash
# Runs the services of one stack on this host, as Systems Manager and Secrets Manager say at that moment.
#
#   compose-host up [service]                start all that have an image, or one and those whose image is fixed
#   compose-host migrate <service> <image>   run the service's migration command in another container
#   compose-host look <service>              say in one line of JSON what runs
#   compose-host heal                        restart what is unhealthy, as ECS replaces it
#   compose-host wall                        keep containers from the host's credentials
set -euo pipefail
shopt -s inherit_errexit
umask 077

readonly ROOT=''
# shellcheck source=/dev/null
. "$ROOT/etc/compose-host.conf"
: "${STACK:?}" "${REGION:?}" "${METADATA_CIDR:?}"

# On a tmpfs, because of the secrets.
readonly RUN="$ROOT/run/compose-host"
readonly NEXT="$RUN/next"
# Where Compose finds its file, and the file the secrets.
folder=$RUN
# Neither systemd nor the agent of Systems Manager says where root is at home, which snaps want to know.
export PATH="$PATH:/snap/bin" HOME="${HOME:-/root}"
export AWS_DEFAULT_REGION="$REGION" AWS_PAGER='' AWS_RETRY_MODE=standard AWS_MAX_ATTEMPTS=8
export DOCKER_CONFIG="$RUN/docker"

fail() {
  printf 'compose-host: %s\n' "$1" >&2
  exit 1
}

parameter() {
  aws ssm get-parameter --name "/$STACK/compose/$1" --query Parameter.Value --output text
}

# Asks the Compose file.
file() {
  jq --raw-output "$@" <"$NEXT/file.json"
}

# What is new is gathered here and takes its place when all of it has come.
begin() {
  type aws docker jq >/dev/null 2>&1 || fail 'this host is still being set up'
  mkdir -p "$RUN"
  exec 9>"$RUN/lock"
  flock --wait 1800 9 || fail 'another compose-host has been at work for half an hour'
  trap 'rm -rf "$NEXT"' EXIT
  rm -rf "$NEXT"
  mkdir "$NEXT"
  parameter file >"$NEXT/file.json"
}

# The image that a service is to run; nothing before its first release. One that is released is of its own repository.
image_of() {
  local service=$1 image repository
  image=$(file --arg service "$service" '.services[$service].image // empty')
  [[ -n $image ]] || fail "no such service: $service"
  if [[ $image == \$* ]]; then
    repository=$(file --arg service "$service" '.["x-compose-host"].repositories[$service]')
    image=${2:-$(parameter "image/$service")}
    [[ $image != none ]] || return 0
    [[ $image =~ ^"$repository"@sha256:[0-9a-f]{64}$ ]] ||
      fail "the image of $service must be $repository@sha256:<64 digits>, got $image"
  fi
  printf '%s\n' "$image"
}

# prepare <service> [image]: all that its container needs, except the place in which it will be; last its image's name.
prepare() {
  local service=$1 image
  image=$(image_of "$@")
  if [[ -z $image ]]; then
    printf 'compose-host: %s has no image yet\n' "$service"
    return 0
  fi
  make_folders "$service"
  fetch_secrets "$service"
  pull "$image"
  printf '%s\n' "$image" >"$NEXT/$service.image"
}

# Counts a service among those that Compose gets, when it was prepared.
take() {
  local variable
  [[ -e $NEXT/$1.image ]] || return 0
  variable=$(file --arg service "$1" '.services[$service].image')
  [[ $variable != \$* ]] || export "${variable#\$}=$(<"$NEXT/$1.image")"
  services+=("$1")
}

make_folders() {
  local name user group
  while read -r name user group <&3; do
    # Below an empty /data the files would be on the root disk, which goes with the host.
    mountpoint --quiet "$ROOT/data" || fail "the data volume is not mounted, and $1 needs its folder $name"
    install --directory --mode=0750 --owner="$user" --group="$group" "$ROOT/data/$name"
  done 3< <(file --arg service "$1" \
    '.["x-compose-host"].folders[$service] // [] | .[] | "\(.name) \(.user_id) \(.group_id)"')
}

fetch_secrets() {
  local variable source
  while read -r variable source <&3; do
    secret_line "$variable" "$source" >>"$NEXT/$1.env"
  done 3< <(file --arg service "$1" \
    '.["x-compose-host"].secrets[$service] // {} | to_entries[] | "\(.key) \(.value)"')
}

# One line for Compose, which takes what is between single quotes as it is, except a quote and a backslash before one.
# jq would show a value that it cannot read, so it may not complain.
secret_line() {
  local variable=$1 arn key answer line
  arn=$(cut --delimiter=: --fields=1-7 <<<"$2")
  key=$(cut --delimiter=: --fields=8 <<<"$2")
  answer="$NEXT/$(sha256sum <<<"$arn" | cut --characters=1-32).secret"
  if [[ ! -e $answer ]]; then
    aws secretsmanager get-secret-value --secret-id "$arn" --output json >"$answer.new"
    mv "$answer.new" "$answer"
  fi
  # shellcheck disable=SC2016 # the $ are jq's
  line=$(jq --raw-output --arg variable "$variable" --arg key "$key" '
    .SecretString
    | if $key == "" then . else (fromjson | if type == "object" then .[$key] else null end) end
    | if type == "number" or type == "boolean" then tojson else . end
    | select(type == "string")
    | select(explode | all(. != 0 and . != 10 and . != 13 and . != 39))
    | select(endswith("\\") | not)
    | "\($variable)=\u0027\(.)\u0027"' "$answer" 2>/dev/null) || true
  [[ -n $line ]] ||
    fail "$variable must have a value without single quotes, line breaks and a backslash at its end: see ${key:-$arn}"
  printf '%s\n' "$line"
}

# Compose would pull, too, but start nothing at all when one image is gone.
pull() {
  if docker image inspect "$1" >/dev/null 2>&1; then return 0; fi
  if [[ $1 =~ ^[0-9]{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com/ ]]; then log_in "${1%%/*}"; fi
  docker pull --quiet "$1" >/dev/null
}

log_in() {
  [[ ! -e $NEXT/$1.login ]] || return 0
  aws ecr get-login-password | docker login --username AWS --password-stdin "$1" >/dev/null
  : >"$NEXT/$1.login"
}

# All that was asked for has come. A service without an image is not in the file that Compose gets.
settle() {
  local service
  file '.services |= with_entries(select(.key | IN($ARGS.positional[])))' --args "${services[@]}" >"$NEXT/compose.json"
  for service in "${services[@]}"; do
    if [[ -e "$NEXT/$service.env" ]]; then mv --force "$NEXT/$service.env" "$folder"; fi
  done
  mv --force "$NEXT/compose.json" "$folder"
  rm -rf "$NEXT"
}

compose() {
  docker compose --ansi never --file "$folder/compose.json" "$@"
}

up() {
  local only=${1:-} service
  local -a names services=() failed=()
  begin
  if [[ -n $only ]]; then
    prepare "$only"
    take "$only"
    ((${#services[@]})) || exit 1
  fi
  # What is not released has no other moment at which a new image, variable or secret would reach it.
  mapfile -t names < <(file --arg only "$only" '.services | to_entries[]
    | select($only == "" or (.key != $only and (.value.image | startswith("$") | not))) | .key')
  for service in "${names[@]}"; do
    # In a process of its own, which its first failure ends.
    prepare "$service" &
    if wait "$!"; then
      take "$service"
    else
      failed+=("$service")
      printf 'compose-host: %s is left as it is\n' "$service" >&2
    fi
  done
  ((!${#services[@]})) || bring "$only"
  ((!${#failed[@]})) || exit 1
}

# bring [service]: starts what was prepared.
bring() {
  local orphans=true
  settle
  wall
  # When all were asked for and have come, a container of another service is one of an earlier file.
  if [[ -n $1 ]] || ((${#failed[@]})); then
    export COMPOSE_IGNORE_ORPHANS=1
    orphans=false
  fi
  compose up --detach --wait --wait-timeout 900 --no-deps --quiet-pull --renew-anon-volumes \
    --remove-orphans="$orphans" "${services[@]}"
  tidy
  [[ -z $1 ]] || await "$1"
}

# Until the service answers as the load balancer asks it, and until that has seen so: the next host is told only then.
await() {
  local url settle_s deadline=$((SECONDS + 300))
  read -r url settle_s < <(jq --raw-output --arg service "$1" \
    '.["x-compose-host"].ready[$service] // empty | "\(.url) \(.settle_s)"' "$folder/compose.json") || return 0
  until curl --fail --silent --output /dev/null --max-time 5 "$url"; do
    ((SECONDS < deadline)) || fail "$1 does not answer well at $url after 300 s"
    sleep 2
  done
  sleep "$settle_s"
}

# Compose leaves the anonymous volumes of a replaced container, and the images, where they are.
tidy() {
  exec 8>"$RUN/migrating"
  # What a migration needs stays while there is one; what one left that was killed does not.
  flock --nonblock 8 || return 0
  rm -rf "$RUN"/migrate-*
  docker volume prune --force >/dev/null || true
  docker image prune --all --force >/dev/null || true
}

migrate() {
  local service=$1
  local -a services=() words
  begin
  mapfile -d '' -t words < <(file --join-output --arg service "$service" \
    '.["x-compose-host"].migrations[$service] // [] | .[] + "\u0000"')
  ((${#words[@]})) || fail "$service has no migration command"
  # Until the container is there, nobody may clear its image away.
  exec 8>"$RUN/migrating"
  flock --shared 8
  prepare "$service" "$2"
  take "$service"
  ((${#services[@]})) || exit 1
  folder=$(mktemp --directory "$RUN/migrate-$service.XXXXXX")
  trap 'rm -rf "$NEXT" "$folder"' EXIT
  beside "$service"
  settle
  wall
  # It may take hours, in which others work here.
  trap 'rm -rf "$folder"' EXIT
  exec 9>&-
  export COMPOSE_IGNORE_ORPHANS=1
  compose run --rm --no-deps --no-TTY --interactive=false --quiet-pull "$service" "${words[@]}"
}

# A container beside the service's own cannot have the same address, and has secrets of another moment.
beside() {
  file --arg service "$1" --arg folder "$folder" '
    .["x-compose-host"].one_off[$service] as $address
    | .services[$service] |= (
      if $address then .networks.default.ipv4_address = $address else . end
      | if .env_file then .env_file = "\($folder)/\($service).env" else . end)' >"$NEXT/beside.json"
  mv "$NEXT/beside.json" "$NEXT/file.json"
}

containers() {
  docker ps --quiet --no-trunc --filter "label=com.docker.compose.project=$STACK" \
    --filter label=com.docker.compose.oneoff=False "$@"
}

# Whatever happens, there is a line to read.
look() {
  local id line
  id=$(containers --all --filter "label=com.docker.compose.service=$1" 2>/dev/null | head --lines=1) || true
  line=$(docker inspect "$id" 2>/dev/null | jq --compact-output '.[0] | {
    image: .Config.Image,
    state: .State.Status,
    health: (.State.Health.Status // "none"),
    started: (.State.StartedAt | sub("\\.[0-9]+"; ""))}' 2>/dev/null) || true
  printf '%s\n' "${line:-$absent}"
}
readonly absent='{"image":"","state":"absent","health":"none","started":""}'

heal() {
  local -a unhealthy
  mkdir -p "$RUN"
  exec 9>"$RUN/lock"
  # Whoever has the lock replaces containers anyway.
  flock --nonblock 9 || return 0
  mapfile -t unhealthy < <(containers --filter health=unhealthy)
  ((${#unhealthy[@]})) || return 0
  printf 'compose-host: unhealthy, and so started anew: %s\n' "${unhealthy[*]}"
  docker restart "${unhealthy[@]}"
}

# Docker neither makes this chain anew nor empties it, so the rule can be there before the first container is.
wall() {
  iptables --wait --new-chain DOCKER-USER 2>/dev/null || true
  local -a rule=(DOCKER-USER ! --source "$METADATA_CIDR" --destination 169.254.169.254 --jump DROP)
  iptables --wait --check "${rule[@]}" 2>/dev/null || iptables --wait --insert "${rule[@]}"
}

case "${1:-} $#" in
  'up '[12] | 'migrate 3' | 'look 2' | 'heal 1' | 'wall 1') "$@" ;;
  *) fail 'one of: up [service], migrate <service> <image>, look <service>, heal, wall' ;;
esac
