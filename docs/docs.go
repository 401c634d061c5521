// Package docs has the configuration reference, for the verb config reference.
package docs

import _ "embed"

// Configuration is configuration.md. A table of the keys of a section follows a line "<!-- keys of SECTION -->".
//
//go:embed configuration.md
var Configuration string
