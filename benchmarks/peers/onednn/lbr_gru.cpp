// Forward and backward pass of one reset-after GRU layer in oneDNN: gradients of the input, the initial state, both
// kernels and the bias. Prints one JSON object with the median time of an iteration.
//
//   g++ -O2 -std=c++17 lbr_gru.cpp -o lbr_gru -ldnnl
//   OMP_NUM_THREADS=1 ./lbr_gru STEPS BATCH INPUTS UNITS SECONDS
//
// Inputs, outputs and gradients have plain layouts. The primitives choose their own for the kernels, and every iteration
// brings the kernels there and their gradients back: a solver changes the plain ones between two iterations. oneDNN adds
// to the gradients of the kernels and the bias, so every iteration clears them first.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <unordered_map>
#include <vector>

#include <oneapi/dnnl/dnnl.hpp>

using dnnl::memory;
using tag = memory::format_tag;
using clock_type = std::chrono::steady_clock;

static const dnnl::engine cpu(dnnl::engine::kind::cpu, 0);

static memory::desc plain(const memory::dims &dims, tag layout) { return {dims, memory::data_type::f32, layout}; }

static memory normal(const memory::desc &desc, std::mt19937 &random, float deviation) {
    memory m(desc, cpu);
    std::normal_distribution<float> draw(0, deviation);
    auto *values = static_cast<float *>(m.get_data_handle());
    std::generate_n(values, desc.get_size() / sizeof(float), [&] { return draw(random); });
    return m;
}

static void clear(memory &m) { std::memset(m.get_data_handle(), 0, m.get_desc().get_size()); }

static bool finite(const memory &m) {
    const auto *values = static_cast<const float *>(m.get_data_handle());
    return std::all_of(values, values + m.get_desc().get_size() / sizeof(float), [](float v) { return std::isfinite(v); });
}

// Layout is how a primitive wants a plain tensor: that one itself, or another with a way to and fro.
struct Layout {
    memory plain, own;
    bool same;
    dnnl::reorder to_own, to_plain;

    Layout(const memory &plain, const memory::desc &wanted) : plain(plain), own(plain), same(plain.get_desc() == wanted) {
        if (same) return;
        own = memory(wanted, cpu);
        to_own = dnnl::reorder(plain, own);
        to_plain = dnnl::reorder(own, plain);
    }
    void bring(dnnl::stream &s) { if (!same) to_own.execute(s, plain, own); }
    void bring_back(dnnl::stream &s) { if (!same) to_plain.execute(s, own, plain); }
};

int main(int argc, char **argv) {
    if (argc != 6) {
        std::fprintf(stderr, "usage: %s STEPS BATCH INPUTS UNITS SECONDS\n", argv[0]);
        return 2;
    }
    const memory::dim T = std::atol(argv[1]), B = std::atol(argv[2]), I = std::atol(argv[3]), H = std::atol(argv[4]);
    const double seconds = std::atof(argv[5]);
    dnnl::stream stream(cpu);
    std::mt19937 random(1);

    const auto x_desc = plain({T, B, I}, tag::tnc), states_desc = plain({T, B, H}, tag::tnc);
    const auto initial_desc = plain({1, 1, B, H}, tag::ldnc), bias_desc = plain({1, 1, 4, H}, tag::ldgo);
    const auto kernel_desc = plain({1, 1, I, 3, H}, tag::ldigo), recurrent_desc = plain({1, 1, H, 3, H}, tag::ldigo);
    const auto any_kernel = plain({1, 1, I, 3, H}, tag::any), any_recurrent = plain({1, 1, H, 3, H}, tag::any);
    const memory::desc none;
    const auto direction = dnnl::rnn_direction::unidirectional_left2right;

#if DNNL_VERSION_MAJOR >= 3
    dnnl::lbr_gru_forward::primitive_desc forward_desc(cpu, dnnl::prop_kind::forward_training, direction, x_desc, initial_desc,
            any_kernel, any_recurrent, bias_desc, states_desc, none);
    dnnl::lbr_gru_backward::primitive_desc backward_desc(cpu, dnnl::prop_kind::backward, direction, x_desc, initial_desc,
            any_kernel, any_recurrent, bias_desc, states_desc, none, x_desc, initial_desc, any_kernel, any_recurrent, bias_desc,
            states_desc, none, forward_desc);
#else
    dnnl::lbr_gru_forward::primitive_desc forward_desc(
            {dnnl::prop_kind::forward_training, direction, x_desc, initial_desc, any_kernel, any_recurrent, bias_desc, states_desc, none}, cpu);
    dnnl::lbr_gru_backward::primitive_desc backward_desc(
            {dnnl::prop_kind::backward, direction, x_desc, initial_desc, any_kernel, any_recurrent, bias_desc, states_desc, none,
                    x_desc, initial_desc, any_kernel, any_recurrent, bias_desc, states_desc, none},
            cpu, forward_desc);
#endif
    dnnl::lbr_gru_forward forward(forward_desc);
    dnnl::lbr_gru_backward backward(backward_desc);

    const float deviation = 1 / std::sqrt(float(H));
    memory x = normal(x_desc, random, 1), initial = normal(initial_desc, random, .1f), bias = normal(bias_desc, random, .1f);
    memory kernel = normal(kernel_desc, random, deviation), recurrent = normal(recurrent_desc, random, deviation);
    memory states(states_desc, cpu), d_states = normal(states_desc, random, .1f), workspace(forward_desc.workspace_desc(), cpu);
    memory d_x(x_desc, cpu), d_initial(initial_desc, cpu), d_bias(bias_desc, cpu);
    memory d_kernel(kernel_desc, cpu), d_recurrent(recurrent_desc, cpu);

    Layout forward_kernel(kernel, forward_desc.weights_layer_desc()), forward_recurrent(recurrent, forward_desc.weights_iter_desc());
    Layout backward_kernel(kernel, backward_desc.weights_layer_desc()), backward_recurrent(recurrent, backward_desc.weights_iter_desc());
    Layout own_d_kernel(d_kernel, backward_desc.diff_weights_layer_desc()), own_d_recurrent(d_recurrent, backward_desc.diff_weights_iter_desc());

    const std::unordered_map<int, memory> forward_args = {{DNNL_ARG_SRC_LAYER, x}, {DNNL_ARG_SRC_ITER, initial},
            {DNNL_ARG_WEIGHTS_LAYER, forward_kernel.own}, {DNNL_ARG_WEIGHTS_ITER, forward_recurrent.own}, {DNNL_ARG_BIAS, bias},
            {DNNL_ARG_DST_LAYER, states}, {DNNL_ARG_WORKSPACE, workspace}};
    const std::unordered_map<int, memory> backward_args = {{DNNL_ARG_SRC_LAYER, x}, {DNNL_ARG_SRC_ITER, initial},
            {DNNL_ARG_WEIGHTS_LAYER, backward_kernel.own}, {DNNL_ARG_WEIGHTS_ITER, backward_recurrent.own}, {DNNL_ARG_BIAS, bias},
            {DNNL_ARG_DST_LAYER, states}, {DNNL_ARG_WORKSPACE, workspace}, {DNNL_ARG_DIFF_DST_LAYER, d_states},
            {DNNL_ARG_DIFF_SRC_LAYER, d_x}, {DNNL_ARG_DIFF_SRC_ITER, d_initial}, {DNNL_ARG_DIFF_WEIGHTS_LAYER, own_d_kernel.own},
            {DNNL_ARG_DIFF_WEIGHTS_ITER, own_d_recurrent.own}, {DNNL_ARG_DIFF_BIAS, d_bias}};

    const auto iterate = [&] {
        forward_kernel.bring(stream);
        forward_recurrent.bring(stream);
        forward.execute(stream, forward_args);
        backward_kernel.bring(stream);
        backward_recurrent.bring(stream);
        clear(own_d_kernel.own);
        clear(own_d_recurrent.own);
        clear(d_bias);
        backward.execute(stream, backward_args);
        own_d_kernel.bring_back(stream);
        own_d_recurrent.bring_back(stream);
        stream.wait();
    };

    std::vector<double> nanoseconds;
    const auto repeat = [&](double seconds, size_t least) {
        nanoseconds.clear();
        const auto start = clock_type::now();
        for (auto last = start; nanoseconds.size() < least || last - start < std::chrono::duration<double>(seconds);) {
            iterate();
            const auto now = clock_type::now();
            nanoseconds.push_back(std::chrono::duration<double, std::nano>(now - last).count());
            last = now;
        }
    };
    repeat(seconds / 5, 2); // warm up
    repeat(seconds, 5);
    for (const auto *m : {&states, &d_x, &d_initial, &d_kernel, &d_recurrent, &d_bias}) {
        if (!finite(*m)) {
            std::fprintf(stderr, "found a result that is not finite\n");
            return 1;
        }
    }
    std::nth_element(nanoseconds.begin(), nanoseconds.begin() + nanoseconds.size() / 2, nanoseconds.end());
    const auto *version = dnnl::version();
    std::printf("{\"program\": \"oneDNN %d.%d.%d lbr_gru\", \"iterations\": %zu, \"median_ns\": %.0f}\n", version->major, version->minor,
            version->patch, nanoseconds.size(), nanoseconds[nanoseconds.size() / 2]);
}
