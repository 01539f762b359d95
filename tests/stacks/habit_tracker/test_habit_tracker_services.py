"""Habit Tracker's stack: the two services, and which requests they get."""

import pytest

from modules.load_balancer.service_route import ServiceRouteSettings
from stacks.habit_tracker_settings import TAKEN, HabitTrackerApiSettings, HabitTrackerWebSettings
from tests.stacks.habit_tracker.sample_habit_tracker import DOMAIN, ZONE, build
from tests.stacks.isms.sample_isms import containers, environment_of, manifest, of_service, ref
from tests.support import Synthesized


@pytest.mark.parametrize(("service", "port"), [("api", 8000), ("web", 80)])
def test_ports(service: str, port: int, stack: Synthesized) -> None:
    """Django on 8000, nginx on 80."""
    assert port == containers(stack)[service]["portMappings"][0]["containerPort"]


@pytest.mark.parametrize("service", ["api", "web"])
def test_size(service: str, stack: Synthesized) -> None:
    """0.5 vCPU and 1 GB each."""
    (task,) = of_service(stack, "aws_ecs_task_definition", service).values()

    assert ("512", "1024") == (task["cpu"], task["memory"])


@pytest.mark.parametrize("service", ["api", "web"])
def test_two_tasks(service: str, habit_tracker: Synthesized) -> None:
    """Two of each, at first and at least."""
    (block,) = of_service(habit_tracker, "aws_ecs_service", service).values()
    (target,) = of_service(habit_tracker, "aws_appautoscaling_target", service).values()

    assert (2, 2) == (block["desired_count"], target["min_capacity"])


@pytest.mark.parametrize(("service", "patterns"), [("api", ["/api/*", "/admin/*", "/static/*"]), ("web", ["/*"])])
def test_paths(service: str, patterns: list[str], stack: Synthesized) -> None:
    """The API gets its three paths, the pages all else."""
    rules = of_service(stack, "aws_lb_listener_rule", service).values()

    assert [patterns] * len(rules) == [rule["condition"][0]["path_pattern"]["values"] for rule in rules]


def test_the_api_comes_first(stack: Synthesized) -> None:
    """The pages' pattern would match everything."""
    rules = stack.resources("aws_lb_listener_rule")
    priority = {id_.split("_")[0]: rule["priority"] for id_, rule in rules.items()}

    assert priority["api"] < priority["web"]


def test_paths_are_settings() -> None:
    """Another path, and another priority."""
    api = HabitTrackerApiSettings(
        image_tag="a",
        command=None,
        route=ServiceRouteSettings(path_patterns=["/v2/*"], priority=7, health_check_path="/v2/ok"),
    )
    (rule,) = of_service(build(api=api), "aws_lb_listener_rule", "api").values()

    assert (["/v2/*"], 7) == (rule["condition"][0]["path_pattern"]["values"], rule["priority"])


def test_pages_path_is_a_setting() -> None:
    """The pages need not take all of the rest."""
    web = HabitTrackerWebSettings(
        image_tag="a", route=ServiceRouteSettings(path_patterns=["/app/*"], priority=300, health_check_path="/app/")
    )
    (rule,) = of_service(build(web=web), "aws_lb_listener_rule", "web").values()

    assert ["/app/*"] == rule["condition"][0]["path_pattern"]["values"]


@pytest.mark.parametrize(("service", "path"), [("api", "/api/health/"), ("web", "/")])
def test_health_checks(service: str, path: str, stack: Synthesized) -> None:
    """Django's path ends with its slash, because a redirect is no 200; nginx has a first page anyway."""
    groups = of_service(stack, "aws_lb_target_group", service).values()

    assert {(path, "200")} == {(one["health_check"]["path"], one["health_check"]["matcher"]) for one in groups}


@pytest.mark.parametrize(("service", "path"), [("api", "/api/health/"), ("web", "/")])
def test_release_asks_by_the_domain(service: str, path: str, stack: Synthesized) -> None:
    """A release asks the health check's path where users ask."""
    assert f"https://{DOMAIN}{path}" == manifest(stack, service)["routes"]["url"]


class TestHosts:
    """How Django's ALLOWED_HOSTS lets the health checks through."""

    def test_domain_is_allowed(self, stack: Synthesized) -> None:
        """The domain alone, no `*`."""
        assert DOMAIN == environment_of(containers(stack)["api"])["ALLOWED_HOSTS"]

    def test_own_address_is_added(self, stack: Synthesized) -> None:
        """The load balancer's checks come with the task's address, which a shell adds before the server starts."""
        command = containers(stack)["api"]["command"]

        assert ["/bin/sh", "-c"] == command[:2]
        assert command[2].startswith('ALLOWED_HOSTS="$ALLOWED_HOSTS,$(hostname -i)" exec ')
        assert ["gunicorn", "config.wsgi"] == command[3:]

    def test_image_may_start_itself(self) -> None:
        """Without a command, the image's own start runs."""
        api = HabitTrackerApiSettings(image_tag="a", command=None)

        assert "command" not in containers(build(api=api))["api"]

    def test_forms_are_trusted(self, stack: Synthesized) -> None:
        """Django takes forms from the domain's pages, behind a load balancer that ends TLS."""
        assert f"https://{DOMAIN}" == environment_of(containers(stack)["api"])["CSRF_TRUSTED_ORIGINS"]

    @pytest.mark.parametrize("port", [8000, 9000])
    def test_port(self, port: int) -> None:
        """Gunicorn listens on PORT by itself, which is what the load balancer asks."""
        api = containers(build(api=HabitTrackerApiSettings(image_tag="a", command=None, port=port)))["api"]

        assert (str(port), port) == (environment_of(api)["PORT"], api["portMappings"][0]["containerPort"])


class TestTasks:
    """What the containers get."""

    def test_web_gets_nothing(self, stack: Synthesized) -> None:
        """The pages need neither data nor a secret."""
        web = containers(stack)["web"]

        assert ({}, []) == (environment_of(web), web["secrets"])

    def test_users(self, stack: Synthesized) -> None:
        """Django does not run as root; nginx's image opens port 80 as root itself."""
        assert ["1000:1000", None] == [containers(stack)[name].get("user") for name in ("api", "web")]

    def test_read_only(self, stack: Synthesized) -> None:
        """No container writes to its root file system."""
        assert [True, True] == [one["readonlyRootFilesystem"] for one in containers(stack).values()]

    def test_nginx_writes_where_it_must(self, stack: Synthesized) -> None:
        """Its cache and its process id."""
        paths = [one["containerPath"] for one in containers(stack)["web"]["mountPoints"]]

        assert ["/tmp", "/var/cache/nginx", "/var/run"] == paths[:3]

    def test_secret_key(self, stack: Synthesized) -> None:
        """By reference."""
        arn = ref(stack, "aws_secretsmanager_secret", "arn")

        assert [{"name": "DJANGO_SECRET_KEY", "valueFrom": f"{arn}:DJANGO_SECRET_KEY::"}] == (
            containers(stack)["api"]["secrets"]
        )

    def test_names_are_taken(self, stack: Synthesized) -> None:
        """The names that a secret may not have are those that the task has, whatever is set."""
        assert set(environment_of(containers(stack)["api"])) | {"STATIC_ROOT"} == TAKEN

    @pytest.mark.parametrize("service", ["api", "web"])
    def test_image(self, service: str, stack: Synthesized) -> None:
        """Of its own repository, with the environment's tag before the first release."""
        url = ref(stack, "aws_ecr_repository", "repository_url", f"{service}_")

        assert f"{url}:habit-tracker" == containers(stack)[service]["image"]


class TestEntrance:
    """TLS."""

    def test_closed_until_the_certificate_is_issued(self, habit_tracker: Synthesized) -> None:
        """Without a hosted zone the first apply has plain listeners that nobody reaches."""
        group = ref(habit_tracker, "aws_security_group", "id", "load_balancer_")
        rules = habit_tracker.resources("aws_vpc_security_group_ingress_rule").values()

        assert [] == [rule for rule in rules if rule["security_group_id"] == group]

    def test_https(self, otherwise: Synthesized) -> None:
        """With a hosted zone it speaks TLS 1.3 with the stack's certificate."""
        (listener,) = [b for i, b in otherwise.resources("aws_lb_listener").items() if "_production_" in i]

        assert (443, "HTTPS") == (listener["port"], listener["protocol"])
        assert listener["ssl_policy"].startswith("ELBSecurityPolicy-TLS13")

    def test_alias(self, otherwise: Synthesized) -> None:
        """The domain leads to the load balancer."""
        (record,) = [b for i, b in otherwise.resources("aws_route53_record").items() if i.startswith("alias_")]

        assert (DOMAIN, ZONE) == (record["name"], record["zone_id"])
        assert ref(otherwise, "aws_lb", "dns_name") == record["alias"]["name"]
