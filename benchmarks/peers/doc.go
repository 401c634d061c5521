// Command peers measures this module beside the programs of others, in turn and on the same machine, and prints how they
// compare: medians, ratios, and whether each ratio reaches its bar.
//
//	go run ./benchmarks/peers [-rounds N] [-shapes tiny,base] [-threads 1,2] [-seconds S] [-patience 10s] [-onednn DIR] [-out DIR | -keep]
//	go run ./benchmarks/peers -from DIR/samples.json [-out DIR]
//
// The peers are oneDNN's lbr_gru (onednn/, built with g++ against Debian's libdnnl-dev), PyTorch's nn.GRU (torch/, Debian's
// python3-torch with libopenblas0-pthread), and graphs of elementary nodes: of Gorgonia alone and of this module's composed engine,
// which are benchmarks of ours. Who is not installed is said and left out.
//
// Ours are the benchmarks of package benchmarks, built once as a test binary. A round runs one sample of each program, the
// two of a ratio one after the other; a ratio is the median over the rounds of the ratios within a round, so that a slow
// minute slows both. A sample is the median time of an iteration in a process of its own. Where the system says how busy
// it is (Linux), a sample during which other programs had more than a twentieth of the machine is taken again until
// -patience ends. Samples that stay disturbed count only where there are no others.
//
// The recording says which BLAS PyTorch has loaded. With the reference BLAS, several times slower than others, it is not
// compared at all. With -onednn another oneDNN is taken, 2.x or 3.x: the folder where it is installed, with include and lib.
//
// With -out the recording is written to a folder: samples.json, the same as rounds.csv, the tables peers.md, the picture
// peers.svg, and how it was made: command.txt, versions.txt, lscpu.txt. With -keep that folder is
// benchmarks/runs/DATE-PROCESSOR. Tables of docs/performance.md that name such a folder are made from it by
// "go test ./benchmarks/peers -update". On a quiet machine this takes about ten minutes:
//
//	go run ./benchmarks/peers -rounds 3 -seconds 0.2 -patience 1s -keep
//
// With -from it measures nothing and shows what was
// recorded. The environment goes through: GRUEXP_KERNELS=go measures the kernels in plain Go.
package main
