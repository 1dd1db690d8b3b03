#!/bin/sh
# Two functions around the same code: one starts and answers, one is refused by the policy in policy/.
# Exits with 0 only if both end as they should.
set -u
cd "$(dirname "$0")/../.." || exit 1
VESTRY=${VESTRY:-target/debug/vestry}
PYTHON=${PYTHON:-python3}

echo "1. A function that declares three values and finds them in its environment"
echo
env AWS_LAMBDA_FUNCTION_NAME=shop-prod \
    DB_PASSWORD=ssm:/prod/shop/db/password \
    STRIPE_KEY=secretsmanager:prod/shop/stripe#key \
    VESTRY_PARAMETERS='FLAG=/prod/shop/flags/*' \
    "$VESTRY" local --store examples/python/store.toml --policy policy --event examples/python/event.json \
    -- "$PYTHON" examples/python/runtime.py examples.python.app.handler
started=$?

echo
echo "2. The same function, reaching for another stage's password and for a version that was replaced"
echo
env AWS_LAMBDA_FUNCTION_NAME=shop-prod \
    DB_PASSWORD=ssm:/test/shop/db/password \
    STRIPE_KEY='secretsmanager:prod/shop/stripe#key?stage=AWSPREVIOUS' \
    "$VESTRY" local --store examples/python/store.toml --policy policy --event examples/python/event.json \
    -- "$PYTHON" examples/python/runtime.py examples.python.app.handler
refused=$?

echo
if [ "$started" -eq 0 ] && [ "$refused" -eq 3 ]; then
    echo "demo: the first one ran (0), the second one was refused before its first line (3)"
else
    echo "demo: expected exit codes 0 and 3, got $started and $refused" >&2
    exit 1
fi
