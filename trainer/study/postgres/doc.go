// Package postgres keeps the records of studies in a PostgreSQL server, so that workers on several machines share a study.
//
// A worker holds a lease of 60 seconds by the clock of the server and renews it every 15 seconds. The trials of a worker whose lease has run
// out are given to others; after three such deaths a trial has failed. A trial belongs to a worker and an attempt, and its result is
// recorded by one conditional update: a worker that was thought dead and is not cannot record a second one. No clock of a worker decides
// anything. The name of a study selects it among those of the database.
package postgres
