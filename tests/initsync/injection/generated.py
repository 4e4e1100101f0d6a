"""Parts of any pod, and a whole one's spec, by hypothesis."""

from hypothesis import strategies as st

NAME = st.sampled_from(
    ["app", "db", "istio-proxy", "jasm-podinfo", "jasm-token", "aws-iam-token", "x"]
)
QUANTITY = st.sampled_from(["0", "10m", "1", "0.5", "64Mi", "1Gi", "1e3", "junk", ""])
AMOUNTS = st.dictionaries(st.sampled_from(["cpu", "memory", "ephemeral-storage"]), QUANTITY)
RESOURCES = st.fixed_dictionaries({}, optional={"limits": AMOUNTS, "requests": AMOUNTS})
KEY_REF = st.fixed_dictionaries({"secretKeyRef": st.fixed_dictionaries({"name": NAME})})
ENV = st.fixed_dictionaries(
    {"name": st.sampled_from(["A", "AWS_ROLE_ARN", "AWS_REGION"])},
    optional={"valueFrom": st.none() | KEY_REF},
)
ENV_FROM = st.fixed_dictionaries({}, optional={"secretRef": st.fixed_dictionaries({"name": NAME})})
CONTAINER = st.fixed_dictionaries(
    {"name": NAME, "image": st.just("i")},
    optional={
        "resources": RESOURCES,
        "env": st.none() | st.lists(ENV, max_size=3),
        "envFrom": st.lists(ENV_FROM, max_size=2),
        "volumeMounts": st.none() | st.lists(st.fixed_dictionaries({"name": NAME}), max_size=3),
        "restartPolicy": st.just("Always"),
    },
)
SECRET = st.fixed_dictionaries({"secretName": NAME}, optional={"optional": st.booleans()})
SOURCE = st.fixed_dictionaries({"secret": st.fixed_dictionaries({"name": NAME})})
VOLUME = st.one_of(
    st.fixed_dictionaries({"name": NAME, "secret": SECRET}),
    st.fixed_dictionaries(
        {
            "name": NAME,
            "projected": st.fixed_dictionaries({"sources": st.lists(SOURCE, max_size=2)}),
        }
    ),
    st.fixed_dictionaries({"name": NAME, "emptyDir": st.just({})}),
    st.fixed_dictionaries(
        {
            "name": NAME,
            "csi": st.fixed_dictionaries(
                {"nodePublishSecretRef": st.fixed_dictionaries({"name": NAME})}
            ),
        }
    ),
)
SPEC = st.fixed_dictionaries(
    {"containers": st.lists(CONTAINER, min_size=1, max_size=3)},
    optional={
        "initContainers": st.none() | st.lists(CONTAINER, max_size=3),
        "volumes": st.none() | st.lists(VOLUME, max_size=4),
        "nodeSelector": st.dictionaries(st.just("kubernetes.io/arch"), st.just("arm64")),
        "resources": RESOURCES,
        "imagePullSecrets": st.lists(st.fixed_dictionaries({"name": NAME}), max_size=2),
    },
)
