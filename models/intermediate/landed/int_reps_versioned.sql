{{ versions_of('reps') }}
