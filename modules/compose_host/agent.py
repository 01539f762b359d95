"""
The configuration of the CloudWatch agent on the hosts.

CloudWatch User Guide, "Manually create or edit the CloudWatch agent configuration file".
"""

import json

from modules.compose_host.compose_file import DATA_FOLDER
from modules.watching.host_metrics import AGENT_PERIOD_S, AgentMetric

_FILES = {"cloud-init": "/var/log/cloud-init-output.log", "compose-host": "/var/log/compose-host.log"}
"""How a host was set up, and how its containers were started at its boots."""


def agent_configuration(*, log_group_name: str, namespace: str) -> str:
    """
    Write what the agent measures each minute, and which files it sends: streams `host/<instance id>/<file>`.

    EC2 itself knows neither memory nor disks. Beside each host's own there is one metric for the group, which takes the
    others in and which alarms watch; of disks it has all file systems, so that its maximum is the fullest one.

    `$${aws:…}` is how Terraform writes the agent's variables. For the group's name the agent calls ec2:DescribeTags.

    :param log_group_name: where the files go, beside what the containers log
    :param namespace: of the metrics in CloudWatch
    """
    document = {
        "agent": {"metrics_collection_interval": AGENT_PERIOD_S},
        "metrics": {
            "namespace": namespace,
            "append_dimensions": {
                "AutoScalingGroupName": "$${aws:AutoScalingGroupName}",
                "InstanceId": "$${aws:InstanceId}",
            },
            "aggregation_dimensions": [["AutoScalingGroupName"]],
            "metrics_collected": {
                "cpu": {"totalcpu": True, "measurement": [_named("cpu_usage_idle", "CPU_IDLE")]},
                "mem": {"measurement": [_named("mem_used_percent", "MEMORY_USED")]},
                "disk": {
                    "resources": ["/", DATA_FOLDER],
                    "drop_device": True,
                    "measurement": [_named("used_percent", "DISK_USED")],
                },
            },
        },
        "logs": {
            "logs_collected": {
                "files": {
                    "collect_list": [
                        {
                            "file_path": path,
                            "log_group_name": log_group_name,
                            "log_stream_name": f"host/{{instance_id}}/{name}",
                        }
                        for name, path in _FILES.items()
                    ]
                }
            }
        },
    }
    return json.dumps(document, separators=(",", ":"))


def _named(name: str, ours: AgentMetric) -> dict[str, str]:
    return {"name": name, "rename": ours, "unit": "Percent"}
