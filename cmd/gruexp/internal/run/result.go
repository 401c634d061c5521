package run

import "github.com/gruexp/gruexp/trainer/experiment"

// Result says how a finished run did: the JSON of train and resume, and the file result.json.
type Result = experiment.Result
