# What the platform's launcher runs as the container of a sync, in the platform's own words; only
# the names of files and the seconds between two looks at TERMINATED are ours to choose.
( eval "$AIRBYTE_ENTRYPOINT write --config $PWD/connectorConfig.json --catalog $PWD/catalog.json" 2> stderr > stdout < stdin ) &
CHILD_PID=$!
(while true; do if [ -f TERMINATED ]; then kill $CHILD_PID; exit 0; fi; sleep "$POLL_SECONDS"; done) &
wait $CHILD_PID; EXIT_CODE=$?
echo $EXIT_CODE > TEMP_EXIT_CODE.txt; mv TEMP_EXIT_CODE.txt exitCode.txt; exit $EXIT_CODE
