{{ versions_of('bant_assessments') }}
