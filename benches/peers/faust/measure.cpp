// Renders a Faust patch and prints nanoseconds per frame: the fastest of ten parts.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
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

int main(int, char** words) {
    const int block = 256, rate = 48000, parts = 10;
    const long blocks = std::max(1L, long(atof(words[1]) * rate / block / parts));
    static mydsp patch;
    patch.init(rate);
    const int outputs = patch.getNumOutputs();
    std::vector<std::vector<FAUSTFLOAT>> sound(outputs, std::vector<FAUSTFLOAT>(block));
    std::vector<FAUSTFLOAT*> channels;
    for (auto& channel : sound) channels.push_back(channel.data());
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
