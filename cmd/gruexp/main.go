// Gruexp trains gated recurrent units on sequence data and says which training strategy wins.
//
//	gruexp train                  the default experiment, on data that needs no file
//	gruexp train my.yaml          an experiment of one's own
//	gruexp help                   everything else
package main

import "github.com/gruexp/gruexp/cmd/gruexp/app"

func main() {
	app.Main(app.Extensions{})
}
