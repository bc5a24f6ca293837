// Renders a Faust patch and prints nanoseconds per frame: the fastest of ten parts. With the name of a WAV file (32-bit floats, as
// many channels) it compares the first second with that instead: by how much the level differs (RMS, relative), and how
// large the difference is, sample by sample (likewise).
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <vector>

struct Meta {
    void declare(const char*, const char*) {}
};
struct UI {
    void openVerticalBox(const char*) {}
    void openHorizontalBox(const char*) {}
    void openTabBox(const char*) {}
    void closeBox() {}
    void declare(FAUSTFLOAT*, const char*, const char*) {}
};
class dsp {
public:
    virtual ~dsp() {}
};

<<includeIntrinsic>>
<<includeclass>>

static const int block = 256, rate = 48000, parts = 10;

// The samples of a file behind the head of its `data`.
static std::vector<float> samples_of(const char* path) {
    std::ifstream file(path, std::ios::binary);
    std::vector<char> bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    for (size_t at = 12; at + 8 <= bytes.size();) {
        uint32_t length;
        memcpy(&length, &bytes[at + 4], 4);
        if (!memcmp(&bytes[at], "data", 4)) {
            std::vector<float> samples(std::min<size_t>(length, bytes.size() - at - 8) / 4);
            memcpy(samples.data(), &bytes[at + 8], samples.size() * 4);
            return samples;
        }
        at += 8 + length;
    }
    return {};
}

static void compare(mydsp& patch, std::vector<FAUSTFLOAT*>& channels, const char* path) {
    const std::vector<float> theirs = samples_of(path);
    const size_t width = channels.size();
    double own = 0, other = 0, between = 0;
    for (size_t frame = 0; (frame + 1) * width <= theirs.size() && frame < size_t(rate); frame++) {
        if (frame % block == 0) patch.compute(block, nullptr, channels.data());
        for (size_t channel = 0; channel < width; channel++) {
            const double ours = channels[channel][frame % block], sample = theirs[frame * width + channel];
            own += ours * ours, other += sample * sample, between += (ours - sample) * (ours - sample);
        }
    }
    printf("%.3g %.3g\n", std::fabs(std::sqrt(own / other) - 1), std::sqrt(between / other));
}

int main(int count, char** words) {
    const long blocks = std::max(1L, long(atof(words[1]) * rate / block / parts));
    static mydsp patch;
    patch.init(rate);
    const int outputs = patch.getNumOutputs();
    std::vector<std::vector<FAUSTFLOAT>> sound(outputs, std::vector<FAUSTFLOAT>(block));
    std::vector<FAUSTFLOAT*> channels;
    for (auto& channel : sound) channels.push_back(channel.data());
    if (count > 2) {
        compare(patch, channels, words[2]);
        return 0;
    }
    double best = 1e300, sum = 0;
    for (int part = 0; part < parts; part++) {
        auto begun = std::chrono::steady_clock::now();
        for (long each = 0; each < blocks; each++) {
            patch.compute(block, nullptr, channels.data());
            sum += channels[0][block - 1];
        }
        std::chrono::duration<double, std::nano> lasted = std::chrono::steady_clock::now() - begun;
        best = std::min(best, lasted.count() / double(blocks * block));
    }
    if (!std::isfinite(sum)) return 1;
    printf("%.2f\n", best);
}
