# Makes a fresh Ubuntu into a host of containers. Each step looks first whether it is done, so it can run any number
# of times. STACK, REGION, METADATA_CIDR, BRIDGE, DATA_VOLUME and AGENT_PARAMETER come before it.
set -euo pipefail

readonly ROOT=''
readonly DATA="$ROOT/data"
readonly AGENT="$ROOT/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl"
# CloudWatch User Guide, "Verifying the signature of the CloudWatch agent package".
readonly AGENT_KEY=937616F3450B7D806CBD9725D58167303B789C72
export PATH="$PATH:/snap/bin" HOME="${HOME:-/root}"
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=a
export AWS_DEFAULT_REGION="$REGION" AWS_PAGER='' AWS_RETRY_MODE=standard AWS_MAX_ATTEMPTS=8

fail() {
  printf 'host: %s\n' "$1" >&2
  exit 1
}

# put <mode> <path>: writes what comes, unless it is there already.
put() {
  local path="$ROOT$2"
  mkdir -p "$(dirname "$path")"
  cat >"$path.new"
  chmod "$1" "$path.new"
  if cmp --silent "$path.new" "$path"; then rm "$path.new"; else mv "$path.new" "$path"; fi
}

write_files() {
  put 0700 /usr/local/sbin/compose-host-setup <"$0"
  put 0644 /etc/compose-host.conf <<END
STACK='$STACK' REGION='$REGION' METADATA_CIDR='$METADATA_CIDR'
END
  put 0755 /usr/local/sbin/compose-host <<'END_OF_COMPOSE_HOST'
@compose-host.sh@
END_OF_COMPOSE_HOST
  # Containers go on while security updates restart Docker, whose own bridge lies where no VPC may.
  put 0644 /etc/docker/daemon.json <<END
{"live-restore": true, "bip": "$BRIDGE"}
END
  put 0644 /etc/systemd/system/docker.service.d/compose-host.conf <<'END'
[Service]
ExecStartPre=/usr/local/sbin/compose-host wall
END
  put 0644 /etc/systemd/system/compose-host-setup.service <<'END'
[Unit]
Description=Finish setting up this host
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
ExecStart=/usr/local/sbin/compose-host-setup
StandardOutput=append:/var/log/compose-host.log

[Install]
WantedBy=multi-user.target
END
  put 0644 /etc/systemd/system/compose-host.service <<'END'
[Unit]
Description=Start the containers that Systems Manager names
Wants=network-online.target docker.service
After=network-online.target docker.service
StartLimitIntervalSec=0

[Service]
Type=oneshot
ExecStart=/usr/local/sbin/compose-host up
StandardOutput=append:/var/log/compose-host.log
Restart=on-failure
RestartSec=60

[Install]
WantedBy=multi-user.target
END
  put 0644 /etc/systemd/system/compose-host-heal.service <<'END'
[Unit]
Description=Restart containers that are unhealthy
After=docker.service

[Service]
Type=oneshot
ExecStart=/usr/local/sbin/compose-host heal
StandardOutput=append:/var/log/compose-host.log
END
  put 0644 /etc/systemd/system/compose-host-heal.timer <<'END'
[Unit]
Description=Look for unhealthy containers each minute

[Timer]
OnCalendar=minutely
AccuracySec=5s

[Install]
WantedBy=timers.target
END
}

# Sessions come through Systems Manager.
close_ssh() {
  local unit
  for unit in ssh.socket ssh.service; do
    if systemctl cat "$unit" >/dev/null 2>&1; then systemctl disable --now "$unit"; fi
  done
}

# packages.ubuntu.com has docker-compose-v2 for jammy-updates and noble, in universe, which the images have on. What is
# there already is left to the security updates.
install_packages() {
  local -a patient=(-o DPkg::Lock::Timeout=600 -o Acquire::Retries=5)
  apt-get "${patient[@]}" update
  apt-get "${patient[@]}" install --yes --no-upgrade --no-install-recommends \
    ca-certificates curl docker.io docker-compose-v2 gnupg iptables jq unattended-upgrades
}

# Ubuntu 24.04 has no package of the AWS CLI; the snap is AWS's own (AWS CLI User Guide, "Installing or updating to the
# latest version"), as is the agent's, which Ubuntu's images have (Systems Manager User Guide, "AMIs with SSM Agent
# preinstalled").
install_snaps() {
  snap wait system seed.loaded
  snap list amazon-ssm-agent >/dev/null 2>&1 || snap install amazon-ssm-agent --classic
  snap start --enable amazon-ssm-agent
  snap list aws-cli >/dev/null 2>&1 || snap install aws-cli --classic
}

mount_data() {
  [[ -n $DATA_VOLUME ]] || return 0
  # The serial number of an EBS volume is its id without the hyphen (EBS User Guide, "Map EBS volumes to NVMe names").
  local device="$ROOT/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${DATA_VOLUME/-/}" uuid
  [[ -e $device ]] || attach "$device"
  format "$device"
  uuid=$(blkid --probe --match-tag UUID --output value "$device")
  mkdir -p "$DATA"
  # nofail: without its data a host can still be looked at. growfs: the file system grows with its volume.
  grep --quiet --no-messages " /data ext4 " "$ROOT/etc/fstab" ||
    printf 'UUID=%s /data ext4 nofail,x-systemd.growfs,x-systemd.before=docker.service 0 2\n' "$uuid" \
      >>"$ROOT/etc/fstab"
  systemctl daemon-reload
  systemctl start data.mount
  mountpoint --quiet "$DATA" || fail "volume $DATA_VOLUME is not mounted"
}

# Auto Scaling terminates the host before this one while this one starts, so another may have the volume until its
# services have ended and the machine is off: that is what the 20 minutes are for.
attach() {
  local instance tries
  instance=$(cloud-init query instance_id)
  for ((tries = 0; tries < 80; tries++)); do
    if aws ec2 attach-volume --volume-id "$DATA_VOLUME" --instance-id "$instance" --device /dev/sdf; then break; fi
    sleep 15
  done
  for ((tries = 0; tries < 60; tries++)); do
    [[ ! -e $1 ]] || return 0
    sleep 2
  done
  fail "volume $DATA_VOLUME was not attached"
}

# Only a disk on which nothing at all is found: blkid(8) says 2 then, but also of one that it cannot read.
format() {
  local found status=0
  head --bytes=4096 "$1" >/dev/null
  found=$(blkid --probe "$1") || status=$?
  case "$status:$found" in
    0:?*) ;;
    2:) mkfs.ext4 -q -L data "$1" ;;
    *) fail "blkid ends with $status for $1" ;;
  esac
}

install_agent() {
  local from="https://amazoncloudwatch-agent-$REGION.s3.$REGION.amazonaws.com" package folder
  [[ ! -x $AGENT ]] || return 0
  package="ubuntu/$(dpkg --print-architecture)/latest/amazon-cloudwatch-agent.deb"
  folder=$(mktemp --directory)
  download "$from/$package" "$folder/agent.deb"
  download "$from/$package.sig" "$folder/agent.deb.sig"
  download https://amazoncloudwatch-agent.s3.amazonaws.com/assets/amazon-cloudwatch-agent.gpg "$folder/key"
  gpg --homedir "$folder" --batch --quiet --import "$folder/key"
  # The last word is the fingerprint of the key that signed.
  gpg --homedir "$folder" --batch --status-fd 1 --verify "$folder/agent.deb.sig" "$folder/agent.deb" |
    grep "^\[GNUPG:\] VALIDSIG .* $AGENT_KEY\$" >/dev/null || fail 'the CloudWatch agent is not signed by AWS'
  dpkg --install --skip-same-version "$folder/agent.deb"
  rm -rf "$folder"
}

download() {
  curl --fail --silent --show-error --location --retry 8 --retry-all-errors --output "$2" "$1"
}

start() {
  systemctl daemon-reload
  systemctl enable compose-host.service compose-host-heal.timer
  systemctl start compose-host-heal.timer
  # Not waited for: it goes on by itself until it succeeds.
  systemctl start --no-block compose-host.service
}

make_host() {
  write_files
  # cloud-init runs this once, even when the host is stopped in the midst of it: each later boot goes on.
  systemctl enable compose-host-setup.service
  close_ssh
  install_packages
  install_snaps
  mount_data
  start
  install_agent
  "$AGENT" -a fetch-config -m ec2 -s -c "ssm:$AGENT_PARAMETER"
}

# In a process of its own, in which any failure ends the try: Auto Scaling does not replace a host for what is in it.
if [[ ${1:-} == once ]]; then
  make_host
else
  for tries in 1 2 3 4 5 6 7 8 9 10; do
    if bash "$0" once; then exit 0; fi
    printf 'host: try %s failed\n' "$tries" >&2
    sleep 60
  done
  fail 'gave up'
fi
