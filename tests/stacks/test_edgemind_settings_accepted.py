"""EdgeMind's settings: what passes, what an environment may leave out, and what follows from it."""

import pytest

from envs import edgemind
from modules.application_secret import ApplicationSecretSettings
from modules.cdn.settings import SiteDomainSettings, StaticSiteSettings
from modules.fargate.capacity import CapacitySettings
from modules.fargate.cluster import FargateClusterSettings
from modules.network.network import NetworkSettings
from modules.web_service.long_lived_connections import LongLivedConnectionsSettings
from stacks.edgemind_settings import EdgeMindBackendSettings, EdgeMindSettings, MqttSettings
from tests.stacks.sample_edgemind_settings import ARN, REQUIRED, said, site

DRAINING = LongLivedConnectionsSettings(deregistration_delay_s=120)


class TestAccepted:
    """What passes."""

    @pytest.mark.parametrize(
        "changes",
        [
            {"network": NetworkSettings(nat="one"), "tasks": "private"},
            {"network": NetworkSettings(nat="one")},
            {"cluster": FargateClusterSettings(exec_enabled=True), "exec_enabled": True},
            {"capacity": CapacitySettings(spot_percent=50)},
            {"capacity": CapacitySettings(spot_percent=0), "connections": DRAINING},
            {"site": site(certificate_arn=ARN.format("us-east-1", "956880242582"))},
            {"site": site(domain_name="a" * 44 + ".paythru.com")},
            {"site": site(domain_name="a" * 49 + ".paythru.com"), "backend": {"image_tag": "v1", "subdomain": "be"}},
            {"application_secret": ApplicationSecretSettings(generated=["SESSION_KEY"], provided=["MQTT_HOST"])},
            {"load_balancer": {"access_log_retention_days": 30}},
            {"region": "eu-west-2"},
            {"deploy_mode": "terraform"},
            {"secret_recovery_days": 0},
        ],
    )
    def test_environment(self, changes: dict[str, object]) -> None:
        """Settings that fit each other."""
        assert [] == said(**changes)

    @pytest.mark.parametrize(
        "changes",
        [
            {"paths": ["/*"], "health_check_path": "/health"},
            {"paths": ["/api/*", "/ws", "/ws/*"]},
            {"paths": ["/api/*", "/a/*/*", "/b/*/*"]},
            {"paths": ["/api/*", "/" + "a" * 127]},
            {"paths": ["/api/health"]},
            {"paths": ["/api/healt?"]},
            {"health_check_path": "/ws/health?deep=1"},
            {"stickiness_s": 604_800},
            {"cpu": 256, "memory_mib": 512},
            {"user": None},
            {"additional_origins": ["http://localhost", "https://trust.paythru.com", "http://127.0.0.1:8080"]},
        ],
    )
    def test_backend(self, changes: dict[str, object]) -> None:
        """Settings of the backend that fit each other."""
        assert [] == said(EdgeMindBackendSettings, **changes)

    @pytest.mark.parametrize(
        "changes", [{"port": 1883}, {"port": 443}, {"cidrs": ["203.0.113.0/24", "198.51.100.7/32"]}]
    )
    def test_broker(self, changes: dict[str, object]) -> None:
        """Brokers that can be reached."""
        assert [] == said(MqttSettings, **changes)

    def test_defaults(self) -> None:
        """What an environment leaves out is what the design says, or what costs least."""
        values = EdgeMindSettings(**{key: getattr(edgemind.SETTINGS, key) for key in REQUIRED})

        assert edgemind.SETTINGS == values
        assert ("release", "public", "none", 0, 100) == (
            values.deploy_mode,
            values.tasks,
            values.network.nat,
            values.capacity.spot_percent,
            values.budget.monthly_limit_usd,
        )
        assert (None, None, None, False, 1) == (
            values.site.domain,
            values.site.web_acl,
            values.backend.scaling,
            values.exec_enabled,
            values.origin_secret.generation,
        )
        assert (["MQTT_HOST", "MQTT_USERNAME", "MQTT_PASSWORD"], []) == (
            values.application_secret.provided,
            values.application_secret.generated,
        )
        assert (["edgemind"], 8883, ["0.0.0.0/0"]) == (
            values.repositories.lifecycle.environments,
            values.mqtt.port,
            values.mqtt.cidrs,
        )

    def test_environment_file(self) -> None:
        """The design names a region, and no domain."""
        values = edgemind.SETTINGS

        assert ("956880242582", "us-east-1", False) == (values.account_id, values.region, values.disposable)
        assert values.backend_domain is None


class TestBackendDomain:
    """The dedicated subdomain of the backend."""

    def test_below_the_sites(self) -> None:
        """It is in the site's zone, and its certificate is issued when the backend's setting says so."""
        domain = SiteDomainSettings(domain_name="trust.demo.paythru.com", hosted_zone_id="Z0123456789ABC")
        values = EdgeMindSettings(**dict(edgemind.SETTINGS) | {"site": StaticSiteSettings(domain=domain)})
        found = values.backend_domain

        assert found is not None
        assert ("backend.trust.demo.paythru.com", "Z0123456789ABC", False) == (
            found.domain_name,
            found.hosted_zone_id,
            found.certificate_issued,
        )

    @pytest.mark.parametrize("issued", [True, False])
    def test_issued(self, issued: bool) -> None:
        """The site's certificate says nothing of it."""
        domain = SiteDomainSettings(domain_name="trust.demo.paythru.com", certificate_issued=not issued)
        backend = EdgeMindBackendSettings(image_tag="v1", certificate_issued=issued)
        values = EdgeMindSettings(
            **dict(edgemind.SETTINGS) | {"site": StaticSiteSettings(domain=domain), "backend": backend}
        )

        assert values.backend_domain is not None
        assert issued == values.backend_domain.certificate_issued
